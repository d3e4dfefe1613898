// SPDX-License-Identifier: MIT
//
// What the scripts share: TAP, a society of their own, and clients of both SDKs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';

let number = 0;
let failed = 0;

export function ok(passes, name, detail) {
    number++;
    if (!passes) failed++;
    console.log(`${passes ? 'ok' : 'not ok'} ${number} - ${name}`);
    if (!passes && detail !== undefined) console.log(`# ${JSON.stringify(detail)}`);
}

export function is(got, want, name) {
    ok(JSON.stringify(got) === JSON.stringify(want), name, { got, want });
}

export function like(text, pattern, name) {
    ok(pattern.test(text), name, { text });
}

export function note(text) {
    console.log(`# ${text}`);
}

export async function throws(promise, pattern, name) {
    try {
        ok(false, name, await promise);
    } catch (error) {
        ok(pattern.test(`${error.code} ${error.message}`), name, `${error.code} ${error.message}`);
    }
}

// Repeats until it is true, for ten seconds at most.
export async function until(look) {
    const deadline = Date.now() + 10000;
    while (!(await look())) {
        if (Date.now() > deadline) return false;
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return true;
}

export function isRunning(pid) {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}

export const directory = mkdtempSync(join(process.env.TMPDIR ?? tmpdir(), 'society-mcp.'));
execFileSync('society-init', { cwd: directory });

export function society(...command) {
    const [name, ...rest] = command;
    return execFileSync(`society-${name}`, rest, { cwd: directory, encoding: 'utf8' });
}

const opened = [];

// kind: v1; v2 with the modern protocol; v2-legacy with the handshake.
export async function connect(kind, options = [], capabilities = {}, answer = undefined) {
    const parameters = { command: 'society-mcp', args: options, cwd: directory, env: { PATH: process.env.PATH }, stderr: 'inherit' };
    const info = { name: `test-${kind}`, version: '1' };
    const mode = kind === 'v2' ? 'auto' : 'legacy';
    const client =
        kind === 'v1' ? new ClientV1(info, { capabilities }) : new ClientV2(info, { capabilities, versionNegotiation: { mode } });
    if (answer) {
        let method = 'elicitation/create';
        if (kind === 'v1') method = (await import('@modelcontextprotocol/sdk/types.js')).ElicitRequestSchema;
        client.setRequestHandler(method, answer);
    }
    const transport = kind === 'v1' ? new StdioV1(parameters) : new StdioV2(parameters);
    await client.connect(transport);
    const member = {
        client,
        transport,
        pid: transport.pid,
        async call(name, args = {}, more = undefined) {
            const result =
                kind === 'v1'
                    ? await client.callTool({ name, arguments: args }, undefined, more)
                    : await client.callTool({ name, arguments: args }, more);
            return { ...result.structuredContent, text: result.content[0].text, isError: result.isError === true };
        },
    };
    opened.push(member);
    return member;
}

export async function done() {
    for (const member of opened) await member.client.close();
    rmSync(directory, { recursive: true, force: true });
    console.log(`1..${number}`);
    process.exit(failed ? 1 : 0);
}
