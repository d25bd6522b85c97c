#pragma once
// How a client of roompp.v1 identifies itself and resumes: by the query of its request.

#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

class request;
class connect_reply;

namespace detail {

/// Reads `epoch`, `after` and `last` of a request's query: the point from which the client resumes, and the number of
/// messages that it wants otherwise. Refuses the request with 400 if they are malformed.
void read_v1_resume(const request& req, connect_reply& reply, join_options<net::frame_batch>& options);

/// Reads `name` and `client` of a request's query. The id of the person is a hash of `client` and the server's secret, so
/// that the public id does not reveal the token. Refuses the request with 400 if they are malformed.
void read_v1_person(const request& req, connect_reply& reply, person& subject);

}  // namespace detail

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/protocols/impl/v1_identity.ipp>
#endif
