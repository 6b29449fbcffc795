//! The states of a compared metric, as `knee explain` tells them.

/// What the states of a compared metric mean, as `knee explain` tells it.
pub const STATES: [(&str, &str); 6] = [
    (
        "regressed",
        "Worse, and proven so: chance alone makes such a change in less than 1 of 100 unchanged pairs, less than 5 % are left \
         after the same metric of the other endpoints is accounted for, and it is beyond the floor. It takes three runs a side \
         (two for error rates, one where they rise by 10 points for certain; every new run against every run of the base does then as well). `knee check` exits with 1.",
    ),
    ("improved", "Better, proven in the same way."),
    (
        "unchanged",
        "Written `=`: a change beyond the margin is ruled out in either direction (10 % for p50 and goodput, 15 % for p95, 25 % \
         for p99, 1 point for error rates), or what is proven stays below the floor (5 %, 10 % from p99 on, half a point).",
    ),
    (
        "undecided",
        "Written `~`: neither a change nor its absence is proven. `not worse` says that at least a change for the worse beyond \
         the margin is ruled out. More runs decide it; `--require-proof` does not let it pass.",
    ),
    (
        "suspect",
        "It looks worse, and is not proven: a single run a side is further off than the assumed spread explains, one metric \
         of many is off by what one of many may be, the endpoint stands out of the other endpoints of the same runs, some of \
         the new runs lie far beyond every run of the base, requests too few to be judged are so many times as slow that \
         their scatter does not explain it, or the shares of the endpoints alone may have done it, or hide it. It fails no \
         build; the verdict is a warning.",
    ),
    (
        "not_measured",
        "Written `-`: a side does not give the figure.",
    ),
];
