// SPDX-License-Identifier: MIT
//
// Reservations as the view shows them: one's own first, then those of others, then who waits.

'use strict';

function ordered(reservations, self) {
  const rank = ({ holder, waiting }) => (waiting ? 2 : holder === self ? 0 : 1);
  return [...reservations].sort((a, b) => rank(a) - rank(b));
}

// The words behind a reservation's patterns. `online`: the ids of who is here.
function detail(reservation, self, online) {
  const { holder, mode, waiting, task, reason } = reservation;
  const who = holder === self ? 'you' : online.has(holder) ? holder : `${holder}, who is gone`;
  return [waiting ? `${who} waiting` : who, mode === 'shared' && 'shared', task, reason].filter(Boolean).join(' · ');
}

// What it is reserved for: a reason, else the task; '' where nobody said. `tasks`: all of them.
function purpose({ reason, task }, tasks) {
  if (reason || !task) return reason || '';
  const known = tasks.find(({ id }) => id === task);
  return known ? `${task}, ${known.title}` : task;
}

module.exports = { ordered, detail, purpose };
