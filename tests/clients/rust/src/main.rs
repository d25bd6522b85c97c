// Rust's tungstenite speaks with the server: see ../../run. It does not compress.
use std::net::TcpStream;
use std::time::Duration;

use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::{Message, WebSocket};

fn connect(url: &str, subprotocol: Option<&str>) -> WebSocket<TcpStream> {
    let mut request = url.into_client_request().unwrap();
    if let Some(name) = subprotocol {
        request.headers_mut().insert("Sec-WebSocket-Protocol", name.parse().unwrap());
    }
    let stream = TcpStream::connect(request.uri().authority().unwrap().as_str()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (socket, response) = tungstenite::client(request, stream).unwrap();
    assert_eq!(
        response.headers().get("Sec-WebSocket-Protocol").map(|value| value.to_str().unwrap()),
        subprotocol
    );
    socket
}

fn main() {
    let url = std::env::args().nth(1).unwrap();
    let text = Message::Text("h\u{e9}llo \u{623f}\u{95f4} \u{1f389}".into());
    let binary = Message::Binary((0..1 << 20).map(|i| i as u8).collect());

    let mut echo = connect(&format!("{url}/ws/echo/"), None);
    echo.send(text.clone()).unwrap();
    assert_eq!(echo.read().unwrap(), text);
    println!("text");
    echo.send(binary.clone()).unwrap();
    assert_eq!(echo.read().unwrap(), binary);
    println!("binary");
    for (part, kind, is_final) in
        [("in ", Data::Text, false), ("three ", Data::Continue, false), ("parts", Data::Continue, true)]
    {
        let frame = Frame::message(part.as_bytes().to_vec(), OpCode::Data(kind), is_final);
        echo.send(Message::Frame(frame)).unwrap();
    }
    assert_eq!(echo.read().unwrap(), Message::Text("in three parts".into()));
    println!("fragments");
    echo.send(Message::Ping(b"are you there?".to_vec())).unwrap();
    assert_eq!(echo.read().unwrap(), Message::Pong(b"are you there?".to_vec()));
    println!("ping");

    let hooks = format!("{url}/ws/hooks/");
    let mut closing = connect(&hooks, Some("roompp.test"));
    assert_eq!(closing.read().unwrap(), Message::Text("welcome".into()));
    closing.close(Some(CloseFrame { code: CloseCode::from(4000), reason: "done".into() })).unwrap();
    while closing.read().is_ok() {}
    println!("close");
    let mut closed = connect(&hooks, Some("roompp.test"));
    assert_eq!(closed.read().unwrap(), Message::Text("welcome".into()));
    closed.send(Message::Text("close".into())).unwrap();
    let expected = CloseFrame { code: CloseCode::from(4001), reason: "bye".into() };
    assert_eq!(closed.read().unwrap(), Message::Close(Some(expected)));
    println!("closed");
}
