#pragma once
// Add-on: protocols of a chat in JSON: roompp.v1, with acknowledgements, history and presence, and that of the Django Channels
// tutorial. Its definitions use nlohmann/json; not part of the umbrella header.

#include <roompp/protocols/django_channels.hpp>
#include <roompp/protocols/v1.hpp>
