// SPDX-License-Identifier: MIT
//
// A server that speaks standard input and output, behind Streamable HTTP on a loopback port, for tests that know only HTTP.
// Frames pass unchanged but for their ids, which several clients share. What HTTP itself asks of a server (sessions of the
// handshake, headers that repeat the body) is done here and is no property of the server behind.
//
//   node bridge.mjs COMMAND [ARGUMENT]…     prints the URL, ends with its standard input
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const [command, ...rest] = process.argv.slice(2);
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
const VERSION = 'io.modelcontextprotocol/protocolVersion';

class Backend {
    constructor() {
        this.waiting = new Map(); // our id -> { id, token, response, streamed, listens }
        this.last = 0;
        this.child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
        createInterface({ input: this.child.stdout }).on('line', (line) => this.receive(JSON.parse(line)));
    }

    send(message) {
        this.child.stdin.write(JSON.stringify(message) + '\n');
    }

    request(message, response) {
        const ours = ++this.last;
        const meta = message.params?._meta;
        this.waiting.set(ours, { id: message.id, token: meta?.progressToken, response, streamed: false });
        const frame = { ...message, id: ours };
        if (meta?.progressToken !== undefined)
            frame.params = { ...message.params, _meta: { ...meta, progressToken: ours } };
        response.on('close', () => {
            if (this.waiting.delete(ours))
                this.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: ours } });
        });
        this.send(frame);
    }

    // Which request a message belongs to.
    owner(message) {
        if (message.id !== undefined && message.method === undefined) return message.id;
        const params = message.params ?? {};
        return params.progressToken ?? params._meta?.[SUBSCRIPTION];
    }

    receive(message) {
        const ours = this.owner(message) ?? [...this.waiting.keys()].pop();
        const request = this.waiting.get(ours);
        if (!request) return;
        if (message.params?.progressToken !== undefined) message.params.progressToken = request.token;
        for (const part of [message.params, message.result])
            if (part?._meta?.[SUBSCRIPTION] !== undefined) part._meta[SUBSCRIPTION] = request.id;
        const isAnswer = message.method === undefined;
        if (isAnswer) message.id = request.id;
        if (isAnswer) this.waiting.delete(ours);
        write(request, message, isAnswer);
    }
}

function status(message) {
    const code = message.error?.code;
    if (code === -32601) return 404;
    return code === -32022 || code === -32602 || code === -32600 ? 400 : 200;
}

// An answer alone is a document; with notifications before it, a stream.
function write(request, message, isAnswer) {
    const { response } = request;
    if (isAnswer && !request.streamed) {
        response.writeHead(request.modern ? status(message) : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(message));
        return;
    }
    if (!request.streamed) response.writeHead(200, { 'content-type': 'text/event-stream' });
    request.streamed = true;
    response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
    if (isAnswer) response.end();
}

function refuse(response, code, id, error) {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error }));
}

// 2026-07-28: the headers say what the body says.
function mismatch(request, message) {
    const version = message.params?._meta?.[VERSION];
    const name = message.params?.name ?? message.params?.uri;
    if (request.headers['mcp-protocol-version'] !== version) return 'MCP-Protocol-Version';
    if (request.headers['mcp-method'] !== message.method) return 'Mcp-Method';
    const named = ['tools/call', 'prompts/get', 'resources/read'].includes(message.method);
    return named && request.headers['mcp-name'] !== name ? 'Mcp-Name' : null;
}

const sessions = new Map();
const modern = new Backend();
const isLocal = (host) => /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '');

function backendOf(request, response, message) {
    if (message.params?._meta?.[VERSION] !== undefined) {
        const wrong = mismatch(request, message);
        if (!wrong) return modern;
        refuse(response, 400, message.id, { code: -32020, message: `the header ${wrong} does not match the body` });
        return null;
    }
    if (message.method === 'initialize') {
        const id = randomUUID();
        sessions.set(id, new Backend());
        response.setHeader('mcp-session-id', id);
        return sessions.get(id);
    }
    const id = request.headers['mcp-session-id'];
    if (id !== undefined && !sessions.has(id)) {
        refuse(response, 404, message.id, { code: -32600, message: 'there is no such session' });
        return null;
    }
    return sessions.get(id) ?? modern;
}

function take(request, response, body) {
    let message;
    try {
        message = JSON.parse(body);
    } catch {
        return refuse(response, 400, undefined, { code: -32700, message: 'the body is no JSON' });
    }
    const backend = backendOf(request, response, message);
    if (!backend) return;
    if (message.id !== undefined && message.method !== undefined) {
        backend.request(message, response);
        backend.waiting.get(backend.last).modern = backend === modern;
        return;
    }
    backend.send(message);
    response.writeHead(202).end();
}

const server = createServer((request, response) => {
    const origin = request.headers.origin && new URL(request.headers.origin).host;
    if (!isLocal(request.headers.host) || (origin && !isLocal(origin))) return response.writeHead(403).end();
    if (request.method === 'DELETE') {
        const session = sessions.get(request.headers['mcp-session-id']);
        sessions.delete(request.headers['mcp-session-id']);
        session?.child.stdin.end();
        return response.writeHead(session ? 200 : 404).end();
    }
    if (request.method !== 'POST') return response.writeHead(405).end();
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => take(request, response, body));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));

process.stdin.resume();
process.stdin.on('end', () => {
    server.close();
    server.closeAllConnections();
    for (const backend of [modern, ...sessions.values()]) backend.child.stdin.end();
});
