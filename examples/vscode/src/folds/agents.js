// SPDX-License-Identifier: MIT
//
// Agents as the view shows them: who is here first, oneself before all.

'use strict';

const { count } = require('./words.js');

const collate = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function ordered(agents, self) {
  const rank = ({ agentId, online }) => (agentId === self ? 0 : online ? 1 : 2);
  return [...agents].sort((a, b) => rank(a) - rank(b) || collate(a.agentId, b.agentId));
}

// The words behind an agent's id. That it is here, and idle, its icon says.
function detail(agent, self) {
  const state = !agent.online ? 'offline' : agent.status !== 'idle' && agent.status;
  const work = [
    agent.claims.length && count(agent.claims.length, 'task'),
    agent.owns.length && count(agent.owns.length, 'pattern'),
  ];
  return [agent.agentId === self && 'you', agent.role, state, ...work].filter(Boolean).join(' · ');
}

module.exports = { ordered, detail };
