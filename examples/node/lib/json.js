// SPDX-License-Identifier: MIT
//
// JSON whose integers may be larger than a Number holds: they are read as BigInt, and a BigInt is written as an integer. Text with
// no such integer, which is nearly all, goes through JSON.parse as it is.

'use strict';

const MAYBE_LARGE = /\d{16}/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const INTEGER = /^-?\d+$/;

// A word that does not occur in the text.
function unusedWord(text) {
  let word;
  for (let i = 0; (word = `bigint${i}:`), text.includes(word); i++);
  return word;
}

function parse(text) {
  if (!MAYBE_LARGE.test(text)) return JSON.parse(text);
  const mark = unusedWord(text);
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${mark}${token}"` : token,
  );
  return JSON.parse(marked, (key, value) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

function stringify(value) {
  let large = false;
  const without = JSON.stringify(value, (key, item) => {
    if (typeof item !== 'bigint') return item;
    large = true;
    return null;
  });
  if (!large) return without;
  const mark = unusedWord(without);
  const text = JSON.stringify(value, (key, item) => (typeof item === 'bigint' ? `${mark}${item}` : item));
  return text.replace(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1');
}

// The object with these of its members as BigInt: positions and tokens are always so, however small they are.
function withBigInts(object, ...names) {
  for (const name of names) if (typeof object[name] === 'number') object[name] = BigInt(object[name]);
  return object;
}

module.exports = { parse, stringify, withBigInts };
