// SPDX-License-Identifier: MIT
//
// A window of the editor in a browser: what a person does with it, and what they see. Everything waits for what it needs, with a
// deadline.

// Two editors and a browser on a busy machine take their time.
export const TOO_LONG_MS = 120000;

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const matching = (text) => (text instanceof RegExp ? text : new RegExp(escape(text)));

export class Window {
    constructor(page, shots) {
        this.page = page;
        this.shots = shots;
        page.setDefaultTimeout(TOO_LONG_MS);
    }

    static async open(browser, url, shots) {
        const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 });
        const page = await context.newPage();
        const window = new Window(page, shots);
        await page.goto(url);
        await page.locator('.monaco-workbench').waitFor();
        return window;
    }

    // The society's entry in the status bar, once it says this.
    async status(text) {
        await this.page.locator('#libsociety\\.society\\.society\\.status', { hasText: matching(text) }).waitFor();
    }

    async clickStatus() {
        await this.page.locator('#libsociety\\.society\\.society\\.status').click();
    }

    // A click on what is shown already would hide it. A badge may lie over the icon.
    async #activity(name, view) {
        if (await view.isVisible()) return;
        await this.page
            .locator('.activitybar .action-item', { has: this.page.locator(`a.action-label[aria-label^="${name}"]`) })
            .click();
        await view.waitFor();
    }

    async showViews() {
        await this.#activity('Society', this.pane('Agents'));
    }

    pane(name) {
        return this.page.locator('.pane', { has: this.page.locator(`.pane-header[aria-label^="${name}"]`) });
    }

    // A row of one of the views.
    row(pane, text) {
        return this.pane(pane)
            .locator('.monaco-list-row', { hasText: matching(text) })
            .first();
    }

    sees(pane, text) {
        return this.row(pane, text).waitFor();
    }

    // Presses one of the buttons that a row shows under the pointer.
    async press(pane, text, button) {
        const row = this.row(pane, text);
        await row.hover();
        await row.locator(`a.action-label[aria-label^="${button}"]`).click();
    }

    // Runs a command by its title, with what is typed at each of its questions.
    async command(title, ...answers) {
        await this.page.keyboard.press('F1');
        const input = this.page.locator('.quick-input-widget input:visible').first();
        await input.waitFor();
        await input.fill(`>${title}`);
        await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click();
        for (const answer of answers) await this.answer(answer);
    }

    // Answers a question: by what is picked ({pick}) or by what is typed.
    async answer(answer) {
        if (answer.pick) {
            await this.page
                .locator('.quick-input-list .monaco-list-row', { hasText: matching(answer.pick) })
                .first()
                .click();
            return;
        }
        const asked = this.page.locator('.quick-input-widget .quick-input-message', { hasText: matching(answer.question) });
        await asked.waitFor();
        await this.page.locator('.quick-input-widget input:visible').first().fill(answer.type);
        await this.page.keyboard.press('Enter');
        await asked.waitFor({ state: 'hidden' });
    }

    // Presses a button of a view that has nothing else to show.
    async begin(button) {
        await this.page.locator('.welcome-view a.monaco-button', { hasText: button }).first().click();
    }

    notification(text) {
        return this.page.locator('.notification-list-item', { hasText: matching(text) }).first();
    }

    async choose(text, button) {
        await this.notification(text).locator('a.monaco-button', { hasText: button }).click();
    }

    // The rows of the explorer.
    async explore() {
        await this.#activity('Explorer', this.page.locator('.explorer-folders-view'));
    }

    file(name) {
        return this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
    }

    // Waits until a file's badge says this; '' is none.
    async badge(name, text) {
        const badged = ([file, badge]) =>
            [...document.querySelectorAll('.explorer-folders-view .monaco-list-row')]
                .filter((row) => row.textContent.includes(file))
                .some((row) => {
                    const labels = [...row.querySelectorAll('.monaco-icon-label')];
                    const shown = labels
                        .map((label) => getComputedStyle(label, '::after').content)
                        .filter((content) => /^"./.test(content));
                    return badge ? shown.includes(`"${badge}"`) : shown.length === 0;
                });
        await this.page.waitForFunction(badged, [name, text]);
    }

    async openFile(name) {
        await this.file(name).dblclick();
        await this.page.locator('.tab', { hasText: name }).waitFor();
    }

    // Writes into the editor that is open.
    async write(text) {
        await this.page.locator('.editor-instance .view-lines').first().click();
        await this.page.keyboard.type(text);
    }

    save() {
        return this.page.keyboard.press('Control+s');
    }

    // Once nothing moves any more, but for what moves for ever.
    async photograph(name) {
        await this.page.evaluate(() => {
            const ending = document
                .getAnimations()
                .filter((animation) => animation.effect.getComputedTiming().iterations < Infinity);
            return Promise.allSettled(ending.map(({ finished }) => finished));
        });
        await this.page.screenshot({ path: `${this.shots}/${name}.png` });
    }
}
