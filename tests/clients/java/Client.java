// Java's own WebSocket client (java.net.http) speaks with the server: see ../run. It does not compress.

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

public class Client {
    /** Puts whole messages, pongs and the end into a queue. */
    static class Listener implements WebSocket.Listener {
        final LinkedBlockingQueue<Object> queue = new LinkedBlockingQueue<>();
        private final StringBuilder text = new StringBuilder();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                queue.add(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            byte[] part = new byte[data.remaining()];
            data.get(part);
            bytes.writeBytes(part);
            if (last) {
                queue.add(bytes.toByteArray());
                bytes.reset();
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
            queue.add("pong " + new String(data.array(), data.position(), data.remaining()));
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            queue.add("closed " + code + " " + reason);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            queue.add(error);
        }
    }

    static final HttpClient http = HttpClient.newHttpClient();

    static WebSocket connect(String url, Listener listener, String... subprotocols) {
        WebSocket.Builder builder = http.newWebSocketBuilder();
        for (String name : subprotocols) builder.subprotocols(name);
        return builder.buildAsync(URI.create(url), listener).join();
    }

    static void expect(Listener listener, Object expected) throws InterruptedException {
        Object message = listener.queue.poll(60, TimeUnit.SECONDS);
        boolean isEqual = expected instanceof byte[] && message instanceof byte[]
            ? Arrays.equals((byte[]) expected, (byte[]) message) : expected.equals(message);
        if (!isEqual) throw new AssertionError("expected " + expected + ", got " + message);
    }

    public static void main(String[] arguments) throws Exception {
        String url = arguments[0];
        String text = "h\u00e9llo \u623f\u95f4 \ud83c\udf89";
        byte[] binary = new byte[1 << 20];
        for (int i = 0; i < binary.length; ++i) binary[i] = (byte) i;

        Listener echoed = new Listener();
        WebSocket echo = connect(url + "/ws/echo/", echoed);
        echo.sendText(text, true).join();
        expect(echoed, text);
        System.out.println("text");
        echo.sendBinary(ByteBuffer.wrap(binary), true).join();
        expect(echoed, binary);
        System.out.println("binary");
        echo.sendText("in ", false).join();
        echo.sendText("three ", false).join();
        echo.sendText("parts", true).join();
        expect(echoed, "in three parts");
        System.out.println("fragments");
        echo.sendPing(ByteBuffer.wrap("are you there?".getBytes())).join();
        expect(echoed, "pong are you there?");
        System.out.println("ping");
        echo.sendClose(WebSocket.NORMAL_CLOSURE, "").join();

        Listener closing = new Listener();
        WebSocket client = connect(url + "/ws/hooks/", closing, "roompp.test");
        if (!client.getSubprotocol().equals("roompp.test")) throw new AssertionError("no subprotocol");
        expect(closing, "welcome");
        client.sendClose(4000, "done").join();
        expect(closing, "closed 4000 done");
        System.out.println("close");
        Listener closed = new Listener();
        client = connect(url + "/ws/hooks/", closed, "roompp.test");
        expect(closed, "welcome");
        client.sendText("close", true).join();
        expect(closed, "closed 4001 bye");
        System.out.println("closed");
    }
}
