#pragma once
// The person behind a connection.

#include <string>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A person in a room, as the application identifies it when a connection joins: see connect_reply::identify(). Several
/// connections with one `id` are one person. The other members see all of this.
struct person {
    std::string id;    ///< unique to the person; empty: the connection is a person of its own
    std::string name;  ///< for people to read
    std::string data;  ///< anything else that the application shows to the others
};

ROOMPP_NAMESPACE_END
