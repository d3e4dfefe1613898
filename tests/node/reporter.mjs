// SPDX-License-Identifier: MIT
//
// The results of node's test runner as tests/run reads them: a line for each test, what it has to say, and why it failed.

const SUMMARY = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

const comment = (text) => text.replace(/^/gm, '#   ');

function reasonOf({ error }) {
  const cause = error.cause instanceof Error ? error.cause : error;
  return String(cause.stack || cause);
}

export default async function* report(source) {
  let number = 0;
  for await (const { type, data } of source) {
    if (type === 'test:diagnostic' && !SUMMARY.test(data.message)) yield `${comment(data.message)}\n`;
    if ((type !== 'test:pass' && type !== 'test:fail') || data.nesting > 0) continue;
    const mark = data.skip === undefined ? '' : ` # SKIP ${data.skip === true ? '' : data.skip}`;
    yield `${type === 'test:pass' ? 'ok' : 'not ok'} ${++number} - ${data.name}${mark}\n`;
    if (type === 'test:fail') yield `${comment(reasonOf(data.details))}\n`;
  }
  yield `1..${number}\n`;
}
