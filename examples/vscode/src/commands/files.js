// SPDX-License-Identifier: MIT
//
// Commands about reserved files. Each takes a pattern, an address of the editor, a node of a view or what a warning is about, or
// asks.

'use strict';

const { inert } = require('../folds/words.js');
const { ask, notEmpty, pickAgent, pickReservation } = require('./pick.js');

// The pattern that matches one file and no other.
const literal = (uri) => uri.fsPath.replace(/[*?[\]\\]/g, '\\$&');

module.exports = ({ vscode, session, status }) => {
  const own = () => session.files.filter(({ holder }) => holder === session.agent);
  const others = () => session.files.filter(({ holder, waiting }) => holder !== session.agent && !waiting);

  // What to reserve where a reservation stands in the way: the file in question, or all its patterns.
  const patternsOf = (argument, reservation) => (argument && argument.uri ? [literal(argument.uri)] : reservation.paths);
  const nameOf = (argument, reservation) =>
    inert(argument && argument.uri ? vscode.workspace.asRelativePath(argument.uri, false) : reservation.paths.join(', '), 100);

  const acquire = async (patterns, reason) => {
    const { ownership } = await session.open();
    const { paths } = await ownership.acquire(patterns, { reason, renew: false });
    status.done(`reserved: ${inert(paths.join(', '))}`);
    return paths;
  };

  return {
    async reserve(argument, reason) {
      await session.open();
      if (typeof argument === 'string' || Array.isArray(argument)) return acquire(argument, reason);
      const text = await ask('Which files? Patterns, with spaces between, from the root of the project', {
        placeHolder: 'src/auth/** doc/auth.md',
        validateInput: notEmpty('A pattern'),
      });
      return acquire(text.trim().split(/\s+/), await ask('What for? (may be empty)'));
    },

    async reserveFile(uri) {
      await session.open();
      const file = uri || (vscode.window.activeTextEditor && vscode.window.activeTextEditor.document.uri);
      if (!file || file.scheme !== 'file') throw new Error('No file is open.');
      const { type } = await vscode.workspace.fs.stat(file);
      const name = literal(file);
      return acquire([type & vscode.FileType.Directory ? `${name}/**` : name]);
    },

    async release(argument) {
      const { ownership } = await session.open();
      if (typeof argument === 'string' || Array.isArray(argument)) return ownership.release(argument);
      const { token, paths } = await pickReservation(argument, own(), 'Release…');
      await session.changeFiles(token, 'release');
      status.done(`released: ${inert(paths.join(', '))}`);
      return undefined;
    },

    async handover(argument, to) {
      await session.open();
      const { token, paths } = await pickReservation(argument, own(), 'Hand over…');
      const whom = to || (await pickAgent(session, `Hand ${paths.join(', ')} over to…`));
      await session.changeFiles(token, 'handover', { to: whom });
      status.done(`handed over to ${inert(whom, 64)}: ${inert(paths.join(', '))}`);
    },

    async askOwner(argument, content) {
      const society = await session.open();
      const reservation = await pickReservation(argument, others(), 'Ask the owner of…');
      const name = nameOf(argument, reservation);
      const text =
        content ||
        (await ask(`Question to ${reservation.holder}`, { value: `May I change ${name}?`, validateInput: notEmpty('A text') }));
      await society.send({ to: reservation.holder, type: 'question', content: text, data: { paths: reservation.paths } });
      status.done(`asked ${inert(reservation.holder, 64)} about ${name}`);
    },

    // Waits in the queue, for as long as the person likes.
    async waitForFiles(argument) {
      const { ownership } = await session.open();
      const reservation = await pickReservation(argument, others(), 'Wait for…');
      const name = nameOf(argument, reservation);
      const title = `Waiting for ${name}, which ${inert(reservation.holder, 64)} has reserved`;
      const place = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
      const granted = await vscode.window.withProgress(place, async (_, cancel) => {
        const abort = new AbortController();
        cancel.onCancellationRequested(() => abort.abort());
        try {
          return await ownership.acquire(patternsOf(argument, reservation), { wait: true, renew: false, signal: abort.signal });
        } catch (error) {
          if (abort.signal.aborted) return null;
          throw error;
        }
      });
      if (!granted) return false;
      vscode.window.showInformationMessage(`${name} is yours now.`);
      return true;
    },

    // Of somebody who is gone: all of the reservation, for its work was one piece. The library knows whether it may be.
    async takeOver(argument) {
      await session.open();
      const left = others().filter(({ holder }) => !session.online().has(holder));
      const reservation = await pickReservation(argument, left, 'Take over…');
      return acquire(reservation.paths, reservation.reason || undefined);
    },
  };
};
