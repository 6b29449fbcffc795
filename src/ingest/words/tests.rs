use super::*;

/// What a text says in a `status`, an `ok`, a `failed` and an `error` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Says {
    status: Option<bool>,
    ok: Option<bool>,
    failed: Option<bool>,
    /// Whether it is an error.
    error: bool,
}

const fn says(status: Option<bool>, ok: Option<bool>, failed: Option<bool>, error: bool) -> Says {
    Says {
        status,
        ok,
        failed,
        error,
    }
}

const TRUE: Option<bool> = Some(true);
const FALSE: Option<bool> = Some(false);

/// Yes and no: what the column asks decides. In a `failed` column they say the opposite.
const YES: Says = says(TRUE, TRUE, FALSE, true);
const NO: Says = says(FALSE, FALSE, TRUE, false);
/// Success and failure in any column.
const FINE: Says = says(TRUE, TRUE, TRUE, false);
const BAD: Says = says(FALSE, FALSE, FALSE, true);
/// Nothing stands there: no answer, no flag, no error.
const NOTHING: Says = says(FALSE, None, None, false);
/// Nobody knows; in an `error` column any text is an error.
const UNKNOWN: Says = says(None, None, None, true);

const TABLE: &[(Says, &[&str])] = &[
    (
        YES,
        &[
            "true",
            "True",
            "TRUE",
            "t",
            "yes",
            "Y",
            "1",
            "1.0",
            " true ",
            "WAHR",
            "ja",
            "vrai",
            "VERDADERO",
            "true.",
        ],
    ),
    (
        NO,
        &[
            "false", "False", "FALSE", "f", "no", "N", "FALSCH", "nein", "faux", "0", "0.0",
        ],
    ),
    (
        FINE,
        &[
            "200",
            "200.0",
            "204",
            "302",
            "200 OK",
            "HTTP/1.1 200 OK",
            "HTTP/2 204",
            "HTTP/2 200",
            "<Response [200]>",
            "200 - OK",
            "HTTP 200",
            "HTTP200",
            "http200",
            "OK 200",
            "OK (200)",
            "Status: 200",
            "status_code=200",
            "[200]",
            "(200)",
            "\"200\"",
            "200OK",
            "HttpStatusCode.OK",
            "HTTPStatus.OK",
            "StatusCode.OK",
            "http.StatusOK",
            "HttpStatusCode.NoContent",
            "HTTPStatus.NO_CONTENT",
            "Response code: 201",
            "created",
            "Created",
            "201 Created",
            "accepted",
            "202 Accepted",
            "no content",
            "204 No Content",
            "205 Reset Content",
            "304 Not Modified",
            "302 Found",
            "NO_ERROR",
            "no error",
            "No errors",
            "noerror",
            "NoError",
            "OK",
            "ok",
            "OK.",
            "Okay!",
            "success",
            "SUCCESS",
            "Success!",
            "success: true",
            "{\"success\": true}",
            "ok=true",
            "PASS",
            "Passed",
            "fulfilled",
            "resolved",
            "completed",
            "done",
            "2xx",
            "3XX",
            "OK\tfine",
            "error: none",
            "error: false",
            "status OK",
            "request completed",
            "OK (null)",
        ],
    ),
    (
        BAD,
        &[
            "404",
            "500.0",
            "503 Service Unavailable",
            "HTTP/1.1 404 Not Found",
            "<Response [500]>",
            "HTTP 500",
            "HTTP Error 503",
            "HTTPStatus.NOT_FOUND",
            "HttpStatusCode.InternalServerError",
            "StatusCode.UNAVAILABLE",
            "FAIL",
            "Failed",
            "KO",
            "not ok",
            "NOT_OK",
            "error",
            "ERR",
            "timeout",
            "5xx",
            "4XX",
            "false: timeout",
            "success: false",
            "ETIMEDOUT",
            "EPIPE",
            "ReadTimeout",
            "Connection refused",
            "socket hang up",
            "rejected",
            "200 failed",
            "failed: true",
            "no response",
            "401 Unauthorized",
            "418 I'm a teapot",
            "DEADLINE_EXCEEDED",
            "-1",
        ],
    ),
    (
        NOTHING,
        &[
            "",
            " ",
            "-",
            "--",
            "None",
            "null",
            "(null)",
            "NULL",
            "nan",
            "NaN",
            "-nan",
            "NaT",
            "nil",
            "<nil>",
            "N/A",
            "#N/A",
            "<NA>",
            "undefined",
            "Keine",
            "keine",
            "''",
            "\"\"",
            "{}",
            "[]",
            " none ",
            "null,",
        ],
    ),
    (
        UNKNOWN,
        &[
            "cached",
            "skipped",
            "pending",
            "2 of 3",
            "99999999999999",
            "maybe",
            "HTTP",
            "status",
            "none of the hosts answered",
            "Null pointer",
            "no such host",
            "200ms",
            "E200",
            "-200 OK",
            "OK 500",
            "?",
            "None OK",
            "not done",
            "v2",
        ],
    ),
];

fn read(text: &str) -> Says {
    let flag = |asks_failed| match Flag::of(text, asks_failed) {
        Flag::Says(ok) => Some(ok),
        Flag::Failed(why) => {
            assert_eq!(why, text);
            Some(false)
        }
        _ => None,
    };
    Says {
        status: judge(Some(text), None, Flag::Absent).ok,
        ok: flag(false),
        failed: flag(true),
        error: !is_no_error(text),
    }
}

#[test]
fn every_word_of_the_table_is_read_as_it_was_meant() {
    let mut wrong = Vec::new();
    for (wanted, texts) in TABLE {
        for text in *texts {
            let found = read(text);
            if found != *wanted {
                wrong.push(format!("{text:?}: {found:?}, wanted {wanted:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_nothing_is_known_from_what_nobody_knows() {
    for (wanted, texts) in TABLE {
        for text in *texts {
            let is_empty = Flag::of(text, false) == Flag::Empty;
            assert_eq!(is_empty, *wanted == NOTHING, "{text:?}");
            assert_eq!(is_nothing(text), *wanted == NOTHING, "{text:?}");
        }
    }
    assert_eq!(Flag::of("maybe", true), Flag::Unknown("maybe"));
}

#[test]
fn codes_come_without_the_words_around_them() {
    for (text, code) in [
        ("HTTP/1.1 404 Not Found", "404"),
        ("500.0", "500"),
        ("Status: 503", "503"),
        ("HTTP 500", "500"),
        ("418 I'm a teapot", "418"),
        ("504 upstream timed out", "504"),
        ("999 Request denied", "999"),
        ("ETIMEDOUT", "ETIMEDOUT"),
    ] {
        let judged = judge(Some(text), None, Flag::Absent);
        assert_eq!(judged.code, Some(code), "{text}");
        assert_eq!(judged.ok, Some(false), "{text}");
    }
    assert_eq!(
        judge(Some("None"), None, Flag::Absent).answered,
        Some(false)
    );
    assert_eq!(judge(Some("0"), None, Flag::Absent).answered, Some(false));
    assert_eq!(
        judge(Some("HTTP 200"), None, Flag::Absent).answered,
        Some(true)
    );
    // Numbers beyond the codes are failures, as they always were.
    assert_eq!(judge(Some("20000"), None, Flag::Absent).ok, Some(false));
}

#[test]
fn an_errors_number_is_an_error_and_the_code_of_a_success_is_none() {
    for error in ["200", "200 OK", "304", "0"] {
        assert!(is_no_error(error), "{error}");
    }
    // ETIMEDOUT by its number on Linux, and texts that only begin with a code.
    for error in [
        "110",
        "1",
        "404",
        "200 rows were wanted",
        "302 instead of 200",
    ] {
        assert!(!is_no_error(error), "{error}");
    }
}

#[test]
fn the_flag_decides_where_it_speaks() {
    let judged = |code, error, flag| judge(code, error, flag).ok;
    let body = Some("body is empty");
    assert_eq!(judged(Some("200"), body, Flag::Says(true)), Some(true));
    assert_eq!(judged(Some("404"), None, Flag::Says(true)), Some(true));
    assert_eq!(judged(Some("200"), None, Flag::Says(false)), Some(false));
    let late = judge(None, None, Flag::of("ETIMEDOUT", false));
    assert_eq!((late.ok, late.error), (Some(false), Some("ETIMEDOUT")));
    let cached = judge(Some("cached"), None, Flag::Says(true));
    assert_eq!((cached.ok, cached.unknown), (Some(true), None));
    assert_eq!(judge(None, None, Flag::Absent), Judged::default());
    let broken = judge(Some("500"), None, Flag::Says(true));
    assert_eq!((broken.ok, broken.contradicts), (Some(true), true));
}

#[test]
fn an_empty_flag_is_no_success_and_other_columns_can_decide() {
    let empty = |code, error| {
        let judged = judge(code, error, Flag::Empty);
        (judged.ok, judged.unknown)
    };
    assert_eq!(empty(None, None), (None, Some("")));
    assert_eq!(empty(None, Some("")), (None, Some("")));
    assert_eq!(empty(None, Some("refused")), (Some(false), None));
    assert_eq!(empty(Some("200"), Some("")), (Some(true), None));
    assert_eq!(empty(Some("503"), None), (Some(false), None));
    assert_eq!(empty(Some("handled"), None), (None, Some("handled")));
    let judged = judge(None, None, Flag::Empty);
    assert_eq!(judged.measured(true).ok, None);
    assert_eq!(judged.measured(false).ok, Some(false));
    let word = judge(None, Some(""), Flag::Unknown("odd"));
    assert_eq!((word.ok, word.unknown), (None, Some("odd")));
    // Without a flag an error that is not there is a success.
    assert_eq!(judge(None, Some("none"), Flag::Absent).ok, Some(true));
}
