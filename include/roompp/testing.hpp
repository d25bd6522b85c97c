#pragma once
// Add-on: tests of rooms, handlers and pages without sockets, threads or sleeps. Not part of the umbrella header; works
// with any test framework, or none.

#include <roompp/testing/client.hpp>
#include <roompp/testing/explore.hpp>
#include <roompp/testing/failure.hpp>
#include <roompp/testing/fake_member.hpp>
#include <roompp/testing/http_client.hpp>
#include <roompp/testing/simulated_log.hpp>
#include <roompp/testing/world.hpp>
