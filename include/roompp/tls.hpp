#pragma once
// Add-on: TLS ports, `server.listen_tls(443, roompp::tls("cert.pem", "key.pem"))`. Its definitions use OpenSSL 3 (link with
// -lssl -lcrypto); not part of the umbrella header.

#include <roompp/server/tls.hpp>
