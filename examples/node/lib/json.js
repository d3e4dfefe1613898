// SPDX-License-Identifier: MIT
//
// JSON whose integers may be larger than a Number holds: they are read as BigInt, and a BigInt is written as an integer. Text with
// no such integer, which is nearly all, goes through JSON.parse as it is.

'use strict';

const { randomUUID } = require('node:crypto');
const { invalid } = require('./errors.js');

const MAYBE_LARGE = /\d{16}/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const INTEGER = /^-?\d+$/;

// What marks an integer on its way through JSON.parse or JSON.stringify. It cannot be guessed: a text that is to be read may hide any
// known word behind escapes.
const newMark = () => `${randomUUID()}:`;

function parse(text) {
  if (!MAYBE_LARGE.test(text)) return JSON.parse(text);
  const mark = newMark();
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${mark}${token}"` : token,
  );
  return JSON.parse(marked, (key, value) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

// A program may have given BigInt a toJSON(), so what stands in the object is looked at and not what that makes of it.
function encode(value, forBigInt) {
  try {
    return JSON.stringify(value, function (key, item) {
      return typeof this[key] === 'bigint' ? forBigInt(this[key]) : item;
    });
  } catch (error) {
    throw invalid(`this cannot be written as JSON: ${error.message}`);
  }
}

// undefined, a function or a symbol is nothing that JSON has; in an object it is left out, in an array null.
function stringify(value) {
  let large = false;
  const without = encode(value, () => {
    large = true;
    return null;
  });
  if (without === undefined) throw invalid(`this cannot be written as JSON: ${typeof value}`);
  if (!large) return without;
  const mark = newMark();
  const text = encode(value, (item) => `${mark}${item}`);
  return text.replace(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1');
}

// The object with these of its members as BigInt, where they are integers: positions and tokens are always so, however small.
function withBigInts(object, ...names) {
  for (const name of names) if (Number.isInteger(object[name])) object[name] = BigInt(object[name]);
  return object;
}

module.exports = { parse, stringify, withBigInts };
