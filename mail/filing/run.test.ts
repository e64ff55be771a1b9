import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runText, summaryOf, type Around } from '#test/filing'
import { accepted, examples } from '#test/sieve-scripts'

const LETTER = `Return-Path: <bea@example.org>
Received: from mx.example.org (mx.example.org [192.0.2.1]) by zegel.test;
\tMon, 7 Sep 2026 09:31:10 +0200
From: "Bea Brandt" <bea+work@example.org>
To: Anna <anna@zegel.test>, "Cem, K." <cem@example.net>
Cc: Team: dora@example.com, emil@example.com;
Subject: =?utf-8?q?Caf=C3=A9_am?= =?utf-8?q?_Montag?=
Date: Mon, 7 Sep 2026 09:30:00 +0200
Message-ID: <1@example.org>
X-Number: 10
X-Number: 9
X-Empty:
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

Before the parts.
--outer
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Der K=E4se liegt im Schrank.
--outer
Content-Type: text/html

<p>Sch&ouml;n <b>gr</b>oss</p>
--outer
Content-Type: message/rfc822

From: fritz@example.org
Subject: inside

Hidden deep.
--outer
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

c2VjcmV0
--outer--
Behind the parts.
`

interface Case {
  /** With what it requires. */
  script: string
  /** As `summaryOf` words it. */
  gives: string
  around?: Around
}

/** A test that must hold, and one that must not: filed into "yes" and kept. */
const isTrue = (requires: string, test: string): Case => ({
  script: `require ["fileinto"${requires
    .split(' ')
    .map((one) => (one === '' ? '' : `, "${one}"`))
    .join('')}];\nif ${test} { fileinto "yes"; }`,
  gives: 'fileinto yes',
})
const isFalse = (requires: string, test: string): Case => ({ ...isTrue(requires, test), gives: 'keep' })

const cases: Record<string, readonly Case[]> = {
  'RFC 5228 §3: controls': [
    { script: '', gives: 'keep' },
    { script: 'stop; discard;', gives: 'keep' },
    {
      script: 'if false { discard; } elsif true { redirect "a@b.example"; } else { discard; }',
      gives: 'redirect a@b.example',
    },
    {
      script: 'if false { discard; } elsif false { discard; } else { redirect "a@b.example"; }',
      gives: 'redirect a@b.example',
    },
    { script: 'if true { if true { stop; } } discard;', gives: 'keep' },
    { script: 'if true { } elsif true { discard; } if true { keep; }', gives: 'keep' },
    { script: 'if false { } if true { } else { discard; }', gives: 'keep' },
  ],
  'RFC 5228 §2.10.2, §4: actions and the implicit keep': [
    { script: 'keep; keep;', gives: 'keep' },
    { script: 'discard;', gives: 'discard' },
    { script: 'keep; discard;', gives: 'keep, discard' },
    { script: 'require "fileinto"; fileinto "A"; fileinto "B"; fileinto "A";', gives: 'fileinto A, fileinto B' },
    { script: 'require "fileinto"; keep; fileinto "inbox";', gives: 'fileinto inbox' },
    { script: 'redirect "a@B.example"; redirect "a@b.EXAMPLE";', gives: 'redirect a@b.example' },
    { script: String.raw`redirect "\"Cem, K.\" <cem@example.net>";`, gives: 'redirect cem@example.net' },
  ],
  'RFC 3894: a copy does not cancel the keep': [
    { script: 'require ["fileinto", "copy"]; fileinto :copy "A";', gives: 'fileinto A, keep' },
    { script: 'require "copy"; redirect :copy "a@b.example";', gives: 'redirect a@b.example, keep' },
    { script: 'require ["fileinto", "copy"]; fileinto :copy "A"; discard;', gives: 'fileinto A, discard' },
  ],
  'RFC 5228 §5.1: address': [
    isTrue('', 'address :is "from" "bea+work@example.org"'),
    isTrue('', 'address :is :domain "FROM" "EXAMPLE.org"'),
    isTrue('', 'address :is :localpart ["from", "to"] "cem"'),
    isTrue('', 'address :is :localpart "cc" "emil"'),
    isFalse('', 'address :contains "from" "Brandt"'),
    isTrue('subaddress', 'address :user "from" "bea"'),
    isTrue('subaddress', 'address :detail "from" "work"'),
    isFalse('subaddress', 'address :detail "to" "*"'),
    isFalse('subaddress', 'address :detail :contains "to" ""'),
    isTrue(
      'relational comparator-i;ascii-numeric',
      'address :count "eq" :comparator "i;ascii-numeric" ["to", "cc"] "4"',
    ),
    isFalse('', 'address "sender" ""'),
  ],
  'RFC 5228 §5.2 to §5.6, §5.8: anyof, allof, not, exists': [
    isTrue('', 'anyof (false, not false)'),
    isFalse('', 'allof (true, not true)'),
    isTrue('', 'exists ["from", "X-Empty"]'),
    isFalse('', 'exists ["from", "x-none"]'),
  ],
  'RFC 5228 §5.4: envelope': [
    isTrue('envelope', 'envelope :is "from" "bea@example.org"'),
    isTrue('envelope', 'envelope :localpart "TO" "anna"'),
    { ...isTrue('envelope', 'envelope :all "from" ""'), around: { envelope: { from: '', to: 'anna@zegel.test' } } },
    { ...isTrue('envelope', 'envelope :domain "from" ""'), around: { envelope: { from: '', to: 'anna@zegel.test' } } },
    {
      ...isFalse('envelope', 'envelope :domain "from" "x"'),
      around: { envelope: { from: '', to: 'anna@zegel.test' } },
    },
  ],
  'RFC 5228 §5.7: header': [
    isTrue('', 'header :is "subject" "Café am Montag"'),
    isTrue('', 'header :contains "SUBJECT" "montag"'),
    isFalse('', 'header :contains :comparator "i;octet" "subject" "montag"'),
    isTrue('', 'header :matches "subject" "caf? *"'),
    isTrue('', 'header :is "x-empty" ""'),
    isTrue('', 'header :contains "x-empty" ""'),
    isFalse('', 'header :contains "x-none" ""'),
    isTrue('', 'header :is ["x-none", "x-number"] ["8", "9"]'),
    isTrue(
      '',
      'header :is "received" "from mx.example.org (mx.example.org [192.0.2.1]) by zegel.test;\tMon, 7 Sep 2026 09:31:10 +0200"',
    ),
  ],
  'RFC 5228 §5.9: size': [isTrue('', 'size :over 900'), isFalse('', 'size :over 1M'), isTrue('', 'size :under 1M')],
  'RFC 5231: relations': [
    isTrue('relational comparator-i;ascii-numeric', 'header :value "ge" :comparator "i;ascii-numeric" "x-number" "10"'),
    isFalse(
      'relational comparator-i;ascii-numeric',
      'header :value "gt" :comparator "i;ascii-numeric" "x-number" "10"',
    ),
    isTrue('relational comparator-i;ascii-numeric', 'header :count "eq" :comparator "i;ascii-numeric" "x-number" "2"'),
    isTrue('relational', 'header :value "lt" "subject" "dachs"'),
    isTrue('relational', 'header :count "eq" "x-none" "0"'),
    isTrue('relational', 'header :value "ne" "x-number" "9"'),
  ],
  'RFC 5173: body': [
    isTrue('body', 'body :contains "Käse"'),
    isTrue('body', 'body :text :contains "Schön gross"'),
    isFalse('body', 'body :text :contains "<b>"'),
    isTrue('body', 'body :text :contains "hidden deep"'),
    isFalse('body', 'body :text :contains "secret"'),
    isTrue('body', 'body :raw :contains "K=E4se"'),
    isTrue('body', 'body :raw :contains "--outer"'),
    isTrue('body', 'body :content "text" :contains "<b>"'),
    isTrue('body', 'body :content "text/plain" :contains "Käse"'),
    isFalse('body', 'body :content "text/plain" :contains "<p>"'),
    isTrue('body', 'body :content "application" :is "secret"'),
    isTrue('body', 'body :content ["image", ""] :contains "secret"'),
    isTrue('body', 'body :content "multipart" :is "Before the parts."'),
    isTrue('body', 'body :content "multipart" :contains "Behind the parts."'),
    isFalse('body', 'body :content "multipart" :contains "--outer"'),
    isTrue('body', 'body :content "message/rfc822" :contains "Subject: inside"'),
    isFalse('body', 'body :content "message/rfc822" :contains "Hidden"'),
    isTrue('body relational', 'body :content "text" :count "eq" "3"'),
    isTrue('body relational', 'body :content ["text", "text/plain", "TEXT/html"] :count "eq" "3"'),
    isFalse('body variables', 'body :content ["text/", "/plain", "text/plain/x"] :contains ""'),
  ],
  'RFC 5229: variables': [
    { script: 'require ["variables", "fileinto"]; set "A" "x"; fileinto "${a}${b}-${A}";', gives: 'fileinto x-x' },
    {
      script: 'require ["variables", "fileinto"]; if header :matches "subject" "* am *" { fileinto "${2}/${1}"; }',
      gives: 'fileinto Montag/Café',
    },
    {
      script: 'require ["variables", "fileinto"]; if header :matches "x-number" ["9", "1?"] { fileinto "${0} ${1}"; }',
      gives: 'fileinto 10 0',
    },
    {
      script: 'require ["variables", "fileinto"]; set :upper :lowerfirst "a" "anna"; fileinto "${a}";',
      gives: 'fileinto aNNA',
    },
    { script: 'require ["variables", "fileinto"]; set :length "a" "Käse"; fileinto "${a}";', gives: 'fileinto 4' },
    {
      script: String.raw`require ["variables", "fileinto"]; set :quotewildcard "a" "a*b"; fileinto "${'${a}'}";`,
      gives: String.raw`fileinto a\*b`,
    },
    {
      script: 'require ["variables", "enotify", "fileinto"]; set :encodeurl "a" "ä b/(c)"; fileinto "${a}";',
      gives: 'fileinto %C3%A4%20b%2F%28c%29',
    },
    { script: 'require "fileinto"; fileinto "${a}";', gives: 'fileinto ${a}' },
    { script: 'require ["variables", "fileinto"]; fileinto "${1.a}${a b}${}x";', gives: 'fileinto ${1.a}${a b}${}x' },
    {
      script:
        'require ["variables", "fileinto"]; if anyof (header :matches "subject" "c*", header :matches "x-number" "*") { fileinto "${1}"; }',
      gives: 'fileinto afé am Montag',
    },
    {
      script:
        'require ["variables", "fileinto"]; if header :matches "subject" "c*" { if header :matches "x-number" "z*" { } fileinto "${1}"; }',
      gives: 'fileinto afé am Montag',
    },
    {
      script:
        'require ["variables", "fileinto", "body"]; if header :matches "x-number" "1*" { if body :matches "*Schrank*" { fileinto "x${1}"; } }',
      gives: 'fileinto x0',
    },
    isTrue('variables', 'string :is "" ["x", ""]'),
    isTrue('variables relational', 'string :count "eq" ["a", "", "b"] "2"'),
  ],
  'draft-ietf-sieve-regex': [
    {
      script:
        'require ["variables", "regex", "fileinto"]; if header :regex "subject" "^(c[a-z]f.) .*(mon|die)tag$" { fileinto "${1} ${2}"; }',
      gives: 'fileinto Café Mon',
    },
    isFalse('regex', 'header :regex :comparator "i;octet" "subject" "^caf"'),
    isTrue('regex', 'header :regex "x-number" "^[0-9]+$"'),
  ],
  'RFC 5232: flags': [
    {
      script:
        'require "imap4flags"; setflag "\\\\Seen"; addflag ["$Work", "\\\\seen $Home"]; removeflag "$home"; keep;',
      gives: 'keep (\\Seen $Work)',
    },
    { script: 'require "imap4flags"; addflag "a";', gives: 'keep (a)' },
    {
      script: 'require ["imap4flags", "fileinto"]; addflag "a"; fileinto :flags "b c" "X"; addflag "d"; fileinto "Y";',
      gives: 'fileinto X (b c), fileinto Y (a d)',
    },
    { script: 'require ["imap4flags", "fileinto"]; addflag "a"; fileinto "Y"; setflag "b";', gives: 'fileinto Y (a)' },
    {
      script: 'require ["imap4flags", "fileinto"]; fileinto :flags "a" "X"; fileinto :flags "b" "X";',
      gives: 'fileinto X (b)',
    },
    {
      script: 'require ["imap4flags", "variables"]; setflag "f" "a b"; addflag "f" "c"; keep :flags "${f}";',
      gives: 'keep (a b c)',
    },
    {
      script: 'require ["imap4flags", "variables"]; set "f" "\\\\recent a( ok"; keep :flags "${f}";',
      gives: 'keep (ok)',
    },
    isFalse('imap4flags', 'hasflag ""'),
    {
      script:
        'require ["imap4flags", "relational", "fileinto"]; setflag "a b"; if allof (hasflag "B c", not hasflag "c", hasflag :count "eq" "2") { fileinto "yes"; }',
      gives: 'fileinto yes (a b)',
    },
    {
      script:
        'require ["imap4flags", "variables", "fileinto"]; set "f" "NotJunk $Forwarded"; if allof (hasflag :contains "f" "forward", not hasflag "$Forwarded") { fileinto "yes"; }',
      gives: 'fileinto yes',
    },
  ],
  'RFC 5260: dates and places in the header': [
    isTrue('date', 'date :originalzone "date" "hour" "09"'),
    isTrue('date', 'date "date" "hour" "07"'),
    isTrue('date', 'date :zone "+0530" "date" "time" "13:00:00"'),
    isTrue('date', 'date :originalzone "received" "std11" "Mon, 07 Sep 2026 09:31:10 +0200"'),
    isTrue('date', 'date :originalzone "date" "iso8601" "2026-09-07T09:30:00+02:00"'),
    isTrue('date', 'date "date" "julian" "61290"'),
    isTrue('date', 'date "date" "WEEKDAY" "1"'),
    isFalse('date', 'date "subject" "year" "2026"'),
    isTrue('date', 'currentdate "date" "2026-09-07"'),
    {
      ...isTrue('date', 'allof (currentdate "zone" "+0200", currentdate "hour" "10")'),
      around: { zone: 'Europe/Brussels' },
    },
    {
      ...isTrue('date', 'currentdate "zone" "-0330"'),
      around: { zone: 'America/St_Johns', now: new Date('2026-12-07T08:00:00Z') },
    },
    isTrue(
      'date relational',
      'allof (currentdate :value "ge" "date" "2026-09-01", currentdate :value "lt" "date" "2026-10-01")',
    ),
    isTrue('index', 'header :index 2 "x-number" "9"'),
    isTrue('index', 'header :index 2 :last "x-number" "10"'),
    isFalse('index', 'header :index 3 :last "x-number" ["9", "10"]'),
    isTrue('index relational', 'header :index 1 :count "eq" "x-number" "1"'),
  ],
  'RFC 5183: environment': [
    {
      ...isTrue('environment', 'environment :is "Domain" "zegel.test"'),
      around: { environment: { domain: 'zegel.test' } },
    },
    isFalse('environment', 'environment :contains "domain" ""'),
    isFalse('environment', 'environment :contains "constructor" ""'),
  ],
  'RFC 5235: spamtest and virustest': [
    isTrue('spamtest', 'spamtest "0"'),
    { ...isTrue('spamtest', 'spamtest "10"'), around: { spamPercent: 100 } },
    { ...isTrue('spamtest', 'spamtest "1"'), around: { spamPercent: 0 } },
    { ...isTrue('spamtestplus', 'spamtest :percent "37"'), around: { spamPercent: 37 } },
    { ...isTrue('spamtestplus relational', 'spamtest :percent :count "eq" "1"'), around: { spamPercent: 0 } },
    isTrue('spamtestplus relational', 'spamtest :percent :count "eq" "0"'),
    { ...isTrue('virustest relational', 'virustest :value "ge" "4"'), around: { virus: 5 } },
    isTrue('virustest', 'virustest "0"'),
  ],
  'RFC 5429: reject': [
    { script: 'require "reject"; reject "no";', gives: 'reject no' },
    { script: 'require "ereject"; ereject "no";', gives: 'ereject no' },
    { script: 'require "reject"; reject "no"; discard;', gives: 'reject no, discard' },
    { script: 'require "reject"; reject "a"; reject "b";', gives: 'fault conflict' },
    { script: 'require ["reject", "ereject"]; reject "a"; ereject "b";', gives: 'fault conflict' },
    { script: 'require "reject"; keep; reject "a";', gives: 'fault conflict' },
    { script: 'require "reject"; reject "a"; keep;', gives: 'fault conflict' },
    { script: 'require ["reject", "fileinto"]; fileinto "A"; reject "a";', gives: 'fault conflict' },
    { script: 'require "reject"; reject "a"; redirect "a@b.example";', gives: 'fault conflict' },
    { script: 'require ["reject", "vacation"]; vacation "away"; reject "a";', gives: 'fault conflict' },
    { script: 'require ["reject", "vacation"]; reject "a"; vacation "away";', gives: 'fault conflict' },
  ],
  'RFC 5435, RFC 5436: notify': [
    { script: 'require "enotify"; notify "mailto:a@b.example";', gives: 'notify a@b.example: Café am Montag, keep' },
    {
      script: 'require "enotify"; notify :message "News" "mailto:a@b.example?to=c@d.example&subject=No";',
      gives: 'notify a@b.example c@d.example: News, keep',
    },
    {
      script: 'require ["enotify", "variables"]; set "m" "https://example.org"; notify "${m}";',
      gives: 'fault method',
    },
    isTrue('enotify', 'valid_notify_method ["mailto:a@b.example", "MAILTO:c@d.example?body=x"]'),
    isFalse('enotify', 'valid_notify_method ["mailto:a@b.example", "xmpp:a@b.example"]'),
    isFalse('enotify', 'valid_notify_method "mailto:nobody"'),
    isTrue('enotify', 'notify_method_capability "mailto:a@b.example" "Online" "maybe"'),
    isFalse('enotify', 'notify_method_capability "mailto:a@b.example" "constructor" "maybe"'),
  ],
  'RFC 5463: ihave and error': [
    { script: 'require "ihave"; if ihave ["fileinto", "copy"] { fileinto :copy "A"; }', gives: 'fileinto A, keep' },
    { script: 'require "ihave"; if not ihave "vnd.example" { error "missing"; }', gives: 'fault error' },
  ],
  'RFC 5490, RFC 8579, RFC 9042: mailboxes': [
    { ...isTrue('mailbox', 'mailboxexists ["A", "B"]'), around: { mailboxes: ['A', 'B'] } },
    { ...isFalse('mailbox', 'mailboxexists ["A", "C"]'), around: { mailboxes: ['A', 'B'] } },
    { script: 'require ["fileinto", "mailbox"]; fileinto :create "A";', gives: 'fileinto A +' },
    { ...isTrue('mailboxid', 'mailboxidexists "F1"'), around: { mailboxes: ['F1'] } },
    { script: 'require ["fileinto", "mailboxid"]; fileinto :mailboxid "F1" "A";', gives: 'fileinto F1 / A' },
    {
      ...isTrue('special-use', String.raw`specialuse_exists ["\\Junk", "\\Archive"]`),
      around: { mailboxes: ['\\Junk', '\\Archive'] },
    },
    { ...isTrue('special-use', String.raw`specialuse_exists "J" "\\Junk"`), around: { mailboxes: ['J\\Junk'] } },
    {
      script: String.raw`require ["fileinto", "special-use"]; fileinto :specialuse "\\Junk" "Spam";`,
      gives: 'fileinto \\Junk / Spam',
    },
  ],
  'RFC 6134: lists': [
    {
      ...isTrue('extlists', 'address :list "from" ":addrbook:default"'),
      around: { lists: { 'urn:ietf:params:sieve:addrbook:default': ['bea+work@example.org'] } },
    },
    { ...isFalse('extlists', 'address :list "from" "urn:ietf:params:sieve:addrbook:default"'), around: { lists: {} } },
    {
      ...isTrue('extlists', 'valid_ext_list ":addrbook:default"'),
      around: { lists: { 'urn:ietf:params:sieve:addrbook:default': [] } },
    },
    {
      script: 'require "extlists"; redirect :list ":addrbook:family";',
      gives: 'redirect urn:ietf:params:sieve:addrbook:family',
      around: { lists: { 'urn:ietf:params:sieve:addrbook:family': [] } },
    },
    { script: 'require "extlists"; redirect :list ":addrbook:family";', gives: 'fault address' },
  ],
  'RFC 6609: include': [
    {
      script: 'require "include"; include "a"; discard;',
      gives: 'redirect a@b.example, discard',
      around: { scripts: { a: 'redirect "a@b.example";' } },
    },
    {
      script: 'require "include"; include :global "a"; discard;',
      gives: 'keep',
      around: { scripts: { '/a': 'stop;' } },
    },
    {
      script: 'require "include"; include "a"; keep;',
      gives: 'keep',
      around: { scripts: { a: 'require "include"; if true { return; } discard;' } },
    },
    { script: 'require "include"; include "a";', gives: 'fault includeMissing' },
    { script: 'require "include"; include :optional "a";', gives: 'keep' },
    {
      script: 'require "include"; include :global "a";',
      gives: 'fault includeMissing',
      around: { scripts: { a: 'discard;' } },
    },
    {
      script: 'require ["include", "fileinto"]; include "a"; include :once "a"; include "b";',
      gives: 'fileinto A, fileinto B',
      around: {
        scripts: {
          a: 'require "fileinto"; fileinto "A";',
          b: 'require ["include", "fileinto"]; include :once "a"; fileinto "B";',
        },
      },
    },
    {
      script:
        'require ["include", "variables", "fileinto"]; global "x"; set "x" "1"; set "y" "2"; include "a"; fileinto "${x}${y}";',
      gives: 'fileinto 1-+2',
      around: {
        scripts: { a: 'require ["include", "variables"]; global ["x", "z"]; set "y" "no"; set "x" "${x}-${z}+";' },
      },
    },
    {
      script:
        'require ["include", "variables", "fileinto"]; set "global.x" "1"; include "a"; fileinto "${global.x}${x}";',
      gives: 'fileinto 12',
      around: { scripts: { a: 'require ["include", "variables"]; set "global.x" "${global.x}2";' } },
    },
    {
      script:
        'require ["include", "variables", "fileinto"]; if header :matches "x-number" "1*" { include "a"; fileinto "x${1}"; }',
      gives: 'fileinto x0',
      around: { scripts: { a: 'if header :matches "subject" "*" { }' } },
    },
    {
      script: 'require ["include", "imap4flags"]; include "a";',
      gives: 'keep (a)',
      around: { scripts: { a: 'require "imap4flags"; addflag "a";' } },
    },
  ],
  'RFC 5293: edits are seen by what comes behind them': [
    {
      script:
        'require ["editheader", "fileinto"]; addheader "X-A" "  b\r\n c "; if header :is "x-a" "b c" { fileinto "yes"; }',
      gives: 'fileinto yes',
    },
    {
      script:
        'require ["editheader", "fileinto"]; deleteheader "x-number"; if not exists "X-Number" { fileinto "yes"; }',
      gives: 'fileinto yes',
    },
    {
      script:
        'require ["editheader", "fileinto", "index"]; deleteheader :index 1 :last "x-number"; if allof (header "x-number" "10", not header "x-number" "9") { fileinto "yes"; }',
      gives: 'fileinto yes',
    },
    {
      script:
        'require ["editheader", "fileinto"]; deleteheader :contains "x-number" ["1", "z"]; if allof (header "x-number" "9", not header "x-number" "10") { fileinto "yes"; }',
      gives: 'fileinto yes',
    },
    {
      script:
        'require ["editheader", "fileinto"]; addheader "Cc" "gabi@example.net"; if address :localpart "cc" "gabi" { fileinto "yes"; }',
      gives: 'fileinto yes',
    },
    {
      script:
        'require ["editheader", "fileinto"]; deleteheader "Received"; addheader "Authentication-Results" "x; dkim=pass"; if allof (exists "received", not exists "authentication-results") { fileinto "yes"; }',
      gives: 'fileinto yes',
    },
    { script: 'require ["editheader", "variables"]; set "n" "a b"; addheader "${n}" "c";', gives: 'fault field' },
    { script: 'require "editheader"; addheader "X-A" "a\u0007b";', gives: 'fault field' },
  ],
}

for (const [what, list] of Object.entries(cases))
  test(what, async (t) => {
    for (const { script, gives, around } of list)
      await t.test(script.replace(/^require [^;]*;\s*/, '') || 'nothing', async () => {
        const outcome = await runText(script, LETTER, around)
        assert.equal(summaryOf(outcome), gives)
        if (outcome.fault !== undefined)
          assert.deepEqual(
            outcome.actions.map(({ kind }) => kind),
            ['keep'],
          )
      })
  })

test('every script that is taken runs to its end, or to a fault that is its own', async () => {
  const own = new Set(['includeMissing', 'address', 'conflict', 'error', 'method', 'regex', undefined])
  for (const [name, script] of [...examples, ...Object.entries(accepted)]) {
    const { fault, actions } = await runText(script, LETTER)
    assert.ok(own.has(fault?.reason), `${name}: ${fault?.reason} in line ${fault?.place.line}`)
    assert.ok(actions.length > 0, name)
  }
})
