// SPDX-License-Identifier: MIT
//
// Commands about messages. Each takes what it is about as an argument, or asks.

'use strict';

const { threadOf } = require('../folds/inbox.js');
const { about, inert } = require('../folds/words.js');
const { ask, given, notEmpty, pickAgent, pickMessage } = require('./pick.js');

const text = (prompt, value) => ask(prompt, { value, validateInput: notEmpty('A text') });

module.exports = ({ session, documents, status }) => ({
  async sendMessage(to, content) {
    const society = await session.open();
    const whom = given(to, 'agentId') || (await pickAgent(session, 'Send a message to…', { everyone: true }));
    const id = await society.send({ to: whom, content: content || (await text(`Message to ${whom}`)) });
    status.done(`sent to ${inert(whom, 64)}`);
    return id;
  },

  async reply(argument, content) {
    const society = await session.open();
    const message = await pickMessage(session, argument, session.inbox.all, 'Reply to…');
    const id = await society.reply(message, content || (await text(`Reply to ${message.from}: ${about(message)}`)));
    await session.read([message]);
    status.done(`reply sent to ${inert(message.from, 64)}`);
    return id;
  },

  async acknowledge(argument) {
    const society = await session.open();
    const message = await pickMessage(session, argument, session.inbox.owed, 'Acknowledge…');
    await society.acknowledge(message);
    status.done(`acknowledged: ${inert(about(message))}`);
  },

  async openThread(argument) {
    await session.open();
    const message = await pickMessage(session, argument, session.inbox.all, 'Open…');
    await documents.showThread(message);
    await session.read(session.inbox.all.filter((other) => threadOf(other) === threadOf(message)));
  },

  async readAll() {
    await session.open();
    await session.read(session.inbox.unread);
  },
});
