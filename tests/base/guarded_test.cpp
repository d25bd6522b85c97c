#include <exception>
#include <functional>
#include <stdexcept>
#include <string>

#include <roompp/base/guarded.hpp>

#include "support/catch.hpp"

using roompp::detail::report_error;
using roompp::detail::run_guarded;

TEST_CASE("A handler's exception is passed on, and ends nothing else", "[guarded]") {
    std::string message;
    const auto keep_message = [&](const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            message = e.what();
        }
    };
    bool ran = false;
    run_guarded([&] { ran = true; }, keep_message);
    CHECK(ran);
    CHECK(message.empty());
    run_guarded([] { throw std::runtime_error("no"); }, keep_message);
    CHECK(message == "no");
}

TEST_CASE("An error is reported to the handler, if there is one", "[guarded]") {
    const auto error = std::make_exception_ptr(std::runtime_error("no"));
    std::function<void(std::exception_ptr)> on_error;
    report_error(on_error, error);
    int reports = 0;
    on_error = [&](const std::exception_ptr& reported) { reports += reported == error ? 1 : 0; };
    report_error(on_error, error);
    CHECK(reports == 1);
}

TEST_CASE("An error handler that throws itself harms nobody", "[guarded]") {
    const std::function<void(std::exception_ptr)> on_error = [](const std::exception_ptr& error) {
        std::rethrow_exception(error);
    };
    CHECK_NOTHROW(report_error(on_error, std::make_exception_ptr(std::runtime_error("no"))));
}
