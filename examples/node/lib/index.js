// SPDX-License-Identifier: MIT
//
// libsociety for Node. The types in index.d.ts are the documentation of each function.

'use strict';

const { toError, invalid, ...errors } = require('./errors.js');
const { Reservation, Mutex } = require('./ownership.js');
const { Society } = require('./society.js');
const { Stream } = require('./stream.js');
const { Claim } = require('./tasks.js');
const json = require('./json.js');

module.exports = { Society, Stream, Claim, Reservation, Mutex, parse: json.parse, stringify: json.stringify, ...errors };
