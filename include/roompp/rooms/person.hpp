#pragma once
// Who is behind a connection.

#include <string>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Who is in a room, as the application says when a connection joins: see connect_reply::identify(). Several connections of
/// one `id` are one person. What is in here is shown to the other members.
struct person {
    std::string id;    ///< the same for all connections of one person, and for nobody else; empty: a person of its own
    std::string name;  ///< for people to read
    std::string data;  ///< whatever else the application wants the others to see
};

ROOMPP_NAMESPACE_END
