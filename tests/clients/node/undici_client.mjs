// Node's undici, which is the WebSocket of Node and like that of browsers, speaks with the server: see ../run. It has neither
// pings nor fragments.
import assert from 'node:assert/strict';
import { WebSocket } from 'undici';

const url = process.argv[2];
const text = 'h\u00e9llo \u623f\u95f4 \u{1f389}';
const binary = Buffer.alloc(1024 * 1024, Buffer.from([...Array(256).keys()]));
const long = 'roompp '.repeat(2000);

const event = (target, name) => new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, { once: true });
    target.addEventListener('error', reject, { once: true });
});

async function connect(path, protocols = []) {
    const socket = new WebSocket(url + path, protocols);
    socket.binaryType = 'arraybuffer';
    const queue = [];
    const waiting = [];
    socket.addEventListener('message', ({ data }) => {
        if (waiting.length) waiting.shift()(data);
        else queue.push(data);
    });
    socket.next = () => (queue.length ? Promise.resolve(queue.shift()) : new Promise((resolve) => waiting.push(resolve)));
    await event(socket, 'open');
    return socket;
}

const echo = await connect('/ws/echo/');
echo.send(text);
assert.equal(await echo.next(), text);
console.log('text');
echo.send(binary);
assert.ok(binary.equals(Buffer.from(await echo.next())));
console.log('binary');
echo.close();

// It reads compressed messages, and sends its own plainly.
const room = await connect('/ws/room/alone/');
assert.match(room.extensions, /permessage-deflate/);
for (let i = 0; i < 3; ++i) {
    room.send(long);
    assert.equal(await room.next(), long);
}
console.log('deflate');
room.close();

const closing = await connect('/ws/hooks/', ['roompp.test']);
assert.equal(closing.protocol, 'roompp.test');
assert.equal(await closing.next(), 'welcome');
closing.close(4000, 'done');
await event(closing, 'close');
console.log('close');
const closed = await connect('/ws/hooks/', ['roompp.test']);
assert.equal(await closed.next(), 'welcome');
closed.send('close');
const { code, reason } = await event(closed, 'close');
assert.deepEqual([code, reason], [4001, 'bye']);
console.log('closed');
