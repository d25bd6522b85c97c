// CPU time and memory of the server under test, of the kernel's softirq threads and of the whole machine.
//
// Three views, because a server can look cheap while the kernel does its work: the CPU time of its own threads (kernel
// workers that act for it included), of ksoftirqd for the network packets deferred to it, and of the whole machine, the
// load generator included.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace wsload {

struct cpu_seconds {
    double server = 0;
    double ksoftirqd = 0;
    double machine = 0;
};

inline cpu_seconds operator-(const cpu_seconds& a, const cpu_seconds& b) {
    return {a.server - b.server, a.ksoftirqd - b.ksoftirqd, a.machine - b.machine};
}

class cpu_meter {
public:
    // `pid` 0: no server process is measured.
    explicit cpu_meter(long pid) : pid_(pid), softirq_threads_(find_softirq_threads()) {}

    cpu_seconds read() const {
        cpu_seconds now;
        now.server = pid_ == 0 ? 0 : process_seconds("/proc/" + std::to_string(pid_) + "/task");
        for (const std::string& thread : softirq_threads_) now.ksoftirqd += thread_seconds(thread);
        now.machine = machine_seconds();
        return now;
    }

    long resident_kib() const {
        long kib = 0;
        char line[256];
        const file_ptr status = open("/proc/" + std::to_string(pid_) + "/status");
        while (status && std::fgets(line, sizeof line, status.get())) {
            if (std::strncmp(line, "VmRSS:", 6) == 0) kib = std::strtol(line + 6, nullptr, 10);
        }
        return kib;
    }

private:
    struct file_closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    struct directory_closer {
        void operator()(DIR* directory) const { closedir(directory); }
    };
    using file_ptr = std::unique_ptr<std::FILE, file_closer>;

    static file_ptr open(const std::string& path) { return file_ptr(std::fopen(path.c_str(), "r")); }

    template <class Visit>
    static void for_each_numbered_entry(const std::string& path, Visit visit) {
        const std::unique_ptr<DIR, directory_closer> directory(opendir(path.c_str()));
        if (!directory) return;
        while (const dirent* entry = readdir(directory.get())) {
            if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') visit(path + "/" + entry->d_name);
        }
    }

    static std::vector<std::string> find_softirq_threads() {
        std::vector<std::string> found;
        for_each_numbered_entry("/proc", [&](const std::string& process) {
            char name[32] = "";
            const file_ptr comm = open(process + "/comm");
            if (comm && std::fgets(name, sizeof name, comm.get()) && std::strncmp(name, "ksoftirqd/", 10) == 0) {
                found.push_back(process);
            }
        });
        return found;
    }

    // schedstat counts nanoseconds; the ticks of /proc/PID/stat are too coarse for a run of a second.
    static double thread_seconds(const std::string& thread) {
        unsigned long long nanoseconds = 0;
        const file_ptr schedstat = open(thread + "/schedstat");
        if (!schedstat || std::fscanf(schedstat.get(), "%llu", &nanoseconds) != 1) return 0;
        return static_cast<double>(nanoseconds) * 1e-9;
    }

    static double process_seconds(const std::string& tasks) {
        double total = 0;
        for_each_numbered_entry(tasks, [&](const std::string& thread) { total += thread_seconds(thread); });
        return total;
    }

    static double machine_seconds() {
        unsigned long long user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0;
        const file_ptr stat = open("/proc/stat");
        if (!stat || std::fscanf(stat.get(), "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
                                 &iowait, &irq, &softirq) != 7) {
            return 0;
        }
        return static_cast<double>(user + nice + system + irq + softirq) / static_cast<double>(sysconf(_SC_CLK_TCK));
    }

    long pid_;
    std::vector<std::string> softirq_threads_;
};

}  // namespace wsload
