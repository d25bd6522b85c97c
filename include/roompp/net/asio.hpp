#pragma once
// Says that Asio is the standalone one, not Boost's, where the build has not said so. Comes before any Asio header.

#ifndef ASIO_STANDALONE
#define ASIO_STANDALONE
#endif
