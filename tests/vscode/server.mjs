// SPDX-License-Identifier: MIT
//
// code-server on the loopback interface, at a port of its own choice, for as long as the tests run.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { TOO_LONG_MS } from './window.mjs';

const SETTINGS = {
    'chat.disableAIFeatures': true,
    'extensions.autoCheckUpdates': false,
    'extensions.autoUpdate': false,
    'files.autoSave': 'off',
    'git.enabled': false,
    'security.workspace.trust.enabled': false,
    'telemetry.telemetryLevel': 'off',
    'update.mode': 'none',
    'window.commandCenter': false,
    'workbench.colorTheme': 'Default Dark Modern',
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'workbench.startupEditor': 'none',
    'workbench.tips.enabled': false,
};

// `extensions`: the directory that they are installed in. {url, stop}
export async function serve({ at, program, extensions, env }) {
    mkdirSync(`${at}/data/User`, { recursive: true });
    writeFileSync(`${at}/data/User/settings.json`, JSON.stringify(SETTINGS));
    writeFileSync(`${at}/config.yaml`, '');
    const args = ['--auth', 'none', '--bind-addr', '127.0.0.1:0', '--config', `${at}/config.yaml`];
    args.push('--user-data-dir', `${at}/data`, '--extensions-dir', extensions);
    args.push('--disable-telemetry', '--disable-update-check', '--disable-workspace-trust', '--disable-getting-started-override');
    // What it leaves goes with its directory.
    const child = spawn(process.execPath, [program, ...args], {
        env: { ...process.env, ...env, HOME: at, XDG_RUNTIME_DIR: at, TMPDIR: at },
        detached: true,
    });
    const log = createWriteStream(`${at}/server.log`);
    child.stderr.pipe(log);
    const url = await new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error('code-server has not come up')), TOO_LONG_MS);
        createInterface({ input: child.stdout }).on('line', (text) => {
            log.write(`${text}\n`);
            const found = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(text);
            if (!found) return;
            clearTimeout(late);
            resolve(found[1]);
        });
        child.on('exit', (code) => reject(new Error(`code-server ended with ${code}`)));
    });
    // It has children of its own, which are in its group.
    const stop = async () => {
        if (child.exitCode !== null) return;
        const ended = once(child, 'exit');
        process.kill(-child.pid, 'SIGTERM');
        await ended;
    };
    return { url, stop };
}
