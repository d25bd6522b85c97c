// Node's ws speaks with the server: see ../run.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';

const url = process.argv[2];
const text = 'h\u00e9llo \u623f\u95f4 \u{1f389}';
const binary = Buffer.alloc(1024 * 1024, Buffer.from([...Array(256).keys()]));
const long = 'roompp '.repeat(2000);

async function connect(path, protocols, options) {
    const socket = new WebSocket(url + path, protocols, options);
    const queue = [];
    const waiting = [];
    socket.on('message', (data, isBinary) => {
        const message = isBinary ? data : data.toString();
        if (waiting.length) waiting.shift()(message);
        else queue.push(message);
    });
    socket.next = () => (queue.length ? Promise.resolve(queue.shift()) : new Promise((resolve) => waiting.push(resolve)));
    await once(socket, 'open');
    return socket;
}

const echo = await connect('/ws/echo/', [], { perMessageDeflate: false });
echo.send(text);
assert.equal(await echo.next(), text);
console.log('text');
echo.send(binary);
assert.ok(binary.equals(await echo.next()));
console.log('binary');
echo.send('in ', { fin: false });
echo.send('three ', { fin: false });
echo.send('parts', { fin: true });
assert.equal(await echo.next(), 'in three parts');
console.log('fragments');
echo.ping('are you there?');
assert.equal((await once(echo, 'pong'))[0].toString(), 'are you there?');
console.log('ping');
echo.close();

const room = await connect('/ws/room/alone/', [], { perMessageDeflate: { threshold: 0 } });
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
await once(closing, 'close');
console.log('close');
const closed = await connect('/ws/hooks/', ['roompp.test']);
assert.equal(await closed.next(), 'welcome');
closed.send('close');
const [code, reason] = await once(closed, 'close');
assert.deepEqual([code, reason.toString()], [4001, 'bye']);
console.log('closed');
