/** The examples of the RFCs on letters that they are made for: the actions are those that the RFC says, or that follow from it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runText, summaryOf, type Around } from '#test/filing'
import { examples } from '#test/sieve-scripts'

interface Run {
  /** Fields of the letter; those that are not said are Bea's to Anna. */
  fields?: Readonly<Record<string, string | readonly string[]>>
  body?: string
  around?: Around
  gives: string
}

const USUAL = {
  From: 'Bea <bea@example.org>',
  To: 'anna@zegel.test',
  Subject: 'Hello',
  Date: 'Mon, 7 Sep 2026 09:30:00 +0200',
}

function letterOf({ fields = {}, body = 'Text' }: Run): string {
  const lines = Object.entries({ ...USUAL, 'Message-ID': '<1@example.org>', ...fields }).flatMap(([name, values]) =>
    [values].flat().map((value) => (value === '' ? '' : `${name}: ${value}\n`)),
  )
  return `${lines.join('')}\n${body}\n`
}

const large = (bytes: number): string => `${'x'.repeat(70)}\n`.repeat(bytes / 71 + 1)
const from = (address: string, more: Run['fields'] = {}): Run['fields'] => ({ From: address, ...more })
const about = (subject: string, more: Run['fields'] = {}): Run['fields'] => ({ Subject: subject, ...more })
const kept: Run = { gives: 'keep' }
const answer = (subject: string): string => `vacation bea@example.org: ${subject}, keep`
const ADDRESS_BOOK = 'urn:ietf:params:sieve:addrbook:default'
const REVIEWERS = 'tag:example.com,2009-05-28:Reviewers'

const RUNS: Readonly<Record<string, readonly Run[]>> = {
  'rfc5228.sieve: §2.3, comments': [kept, { body: large(110_000), gives: 'discard' }],
  'rfc5228.sieve: §2.3, comments in brackets': [kept, { body: large(110_000), gives: 'discard' }],
  'rfc5228.sieve: §2.4.2.1, lists of strings': [kept],
  'rfc5228.sieve: §2.4.2.4, encoded characters': [kept, { fields: about('$$$ for you'), gives: 'discard' }],
  'rfc5228.sieve: §2.5.1, a list of tests': [
    kept,
    { fields: { Date: '' }, gives: 'discard' },
    { fields: from('<fool@example.com>'), gives: 'discard' },
  ],
  'rfc5228.sieve: §2.7.3, a comparator': [
    { fields: about('MAKE MONEY FAST!'), gives: 'discard' },
    { fields: about('Make money fast!'), gives: 'keep' },
  ],
  'rfc5228.sieve: §2.10.2, implicit keep': [kept, { body: large(600_000), gives: 'discard' }],
  'rfc5228.sieve: §3.1, if': [
    { fields: from('coyote@desert.example.org', about('$$$')), gives: 'discard' },
    { fields: about('$$$'), gives: 'discard' },
    { gives: 'fileinto INBOX' },
  ],
  'rfc5228.sieve: §3.1, if with redirect': [
    { fields: from('coyote@desert.example.org', about('$$$')), gives: 'redirect acm@example.com' },
    { fields: about('$$$'), gives: 'redirect postmaster@example.com' },
    { gives: 'redirect field@example.com' },
  ],
  'rfc5228.sieve: §3.2, require with a list': [kept],
  'rfc5228.sieve: §3.2, require twice': [kept],
  'rfc5228.sieve: §4.1, fileinto': [
    kept,
    { fields: from('coyote@desert.example.org'), gives: 'fileinto INBOX.harassment' },
  ],
  'rfc5228.sieve: §4.2, redirect': [{ gives: 'redirect bart@example.com' }],
  'rfc5228.sieve: §4.3, keep': [kept, { body: large(1_100_000), gives: 'discard' }],
  'rfc5228.sieve: §4.3, not': [kept, { body: large(1_100_000), gives: 'discard' }],
  'rfc5228.sieve: §4.4, discard': [kept, { fields: from('idiot@example.com'), gives: 'discard' }],
  'rfc5228.sieve: §5.1, address': [
    { fields: from('Tim <TIM@example.com>'), gives: 'discard' },
    { fields: from('"tim@example.com" <tom@example.com>'), gives: 'keep' },
  ],
  'rfc5228.sieve: §5.2, §5.3, allof and anyof': [kept],
  'rfc5228.sieve: §5.4, envelope': [
    { fields: from('tim@example.com'), gives: 'keep' },
    { around: { envelope: { from: 'tim@example.com', to: 'anna@zegel.test' } }, gives: 'discard' },
  ],
  'rfc5228.sieve: §5.5, exists': [kept, { fields: { From: '' }, gives: 'discard' }],
  'rfc5228.sieve: §5.7, header': [kept],
  'rfc5228.sieve: §9, the extended example': [
    { fields: { Sender: 'owner-ietf-mta-filters@imc.org' }, gives: 'fileinto filter' },
    { fields: from('carl@EXAMPLE.com'), gives: 'keep' },
    { gives: 'fileinto spam' },
    { fields: { To: 'me@example.com.example' }, gives: 'fileinto personal' },
    { fields: about('Make your money really fast!!!', { To: 'me@example.com.example' }), gives: 'fileinto spam' },
  ],
  'rfc5229.sieve: §3.1, encoded characters come before variables': [kept],
  'rfc5229.sieve: §3.1, a dollar': [kept],
  'rfc5229.sieve: §3.2, match variables': [
    { fields: { 'List-ID': 'Friends <acme@lists.example.org>' }, gives: 'fileinto INBOX.lists.acme' },
    { fields: about('[acme-users] [fwd] version 1.0 is out'), gives: 'fileinto INBOX.lists.acme-users' },
    { fields: { To: 'coyote@ACME.Example.COM' }, gives: 'fileinto INBOX.business.ACME.Example' },
    kept,
  ],
  'rfc5229.sieve: §4, set': [kept],
  'rfc5229.sieve: §4.1, modifiers': [kept],
  'rfc5229.sieve: §5, string': [kept],
  'rfc5230.sieve: RFC 5230 §4.2, two answers': [{ fields: about('lunch?'), gives: answer('Auto: lunch?') }],
  'rfc5230.sieve: RFC 5230 §4.2, with a variable': [
    { fields: about('lunch?'), gives: answer('Automatic response to: lunch?') },
  ],
  'rfc5230.sieve: RFC 5230 §4.2, a handle': [{ fields: about('lunch?'), gives: answer('Auto: lunch?') }],
  'rfc5230.sieve: RFC 5230 §4.4, MIME': [{ gives: answer('Auto: Hello') }],
  'rfc5230.sieve: RFC 5230 §4.8, days and addresses': [
    { gives: answer('Auto: Hello') },
    { fields: { To: 'tjs@example.edu' }, gives: answer('Auto: Hello') },
    { fields: { To: 'somebody@example.edu' }, gives: 'keep' },
  ],
  'rfc5230.sieve: RFC 5230 §4.8, mingled with other rules': [{ gives: answer('Auto: Hello') }],
  'rfc5230.sieve: RFC 6131 §3, seconds': [{ gives: answer('Auto: Hello') }],
  'rfc5230.sieve: RFC 6131 §3, an answer to every message': [{ gives: answer('Auto: Hello') }],
  'rfc5232.sieve: §3.1, setflag': [kept, { body: large(600_000), gives: String.raw`keep (\Deleted)` }],
  'rfc5232.sieve: §3.1, setflag with a variable': [
    { fields: from('boss@frobnitzm.example.edu'), gives: String.raw`fileinto INBOX.From Boss (\Flagged)` },
  ],
  'rfc5232.sieve: §3.2, addflag': [kept],
  'rfc5232.sieve: §3.3, removeflag': [
    {
      fields: from('imap@cac.washington.example.edu', { 'Disposition-Notification-To': 'mel@example.com' }),
      gives: 'fileinto INBOX.imap-list',
    },
  ],
  'rfc5232.sieve: §4, hasflag': [kept],
  'rfc5232.sieve: §9, the extended example, with its action of no name mended': [
    {
      fields: from('grandma@example.net'),
      gives: String.raw`fileinto GrandMa (\Answered $MDNSent), fileinto spam (\Answered $MDNSent)`,
    },
    { fields: { Sender: 'owner-ietf-mta-filters@example.org' }, gives: String.raw`keep (\Flagged $Work)` },
    {
      fields: from('boss@company.example.com'),
      body: large(1_100_000),
      gives: String.raw`fileinto Big messages (Big \Flagged), keep (Big \Flagged)`,
    },
    { fields: { To: 'me@company.example.com.example' }, gives: 'fileinto personal' },
  ],
  'tests.sieve: RFC 5173 §5.1, the raw body': [kept, { body: 'You can make Money fast', gives: 'discard' }],
  'tests.sieve: RFC 5173 §5.2, parts of a type': [
    { body: 'The Coordinates of it', gives: 'fileinto secrets' },
    { fields: { 'Content-Type': 'audio/mp3' }, gives: 'fileinto jukebox' },
    { fields: { 'Content-Type': 'application/x' }, body: 'missile', gives: 'keep' },
  ],
  'tests.sieve: RFC 5173 §5.3, text': [
    {
      fields: { 'Content-Type': 'text/html' },
      body: '<p>The project <b>schedule</b>.',
      gives: 'fileinto project/schedule',
    },
  ],
  'tests.sieve: RFC 5231 §5, count': [{ gives: 'fileinto Busy' }],
  'tests.sieve: RFC 5231 §9, the extended example': [
    { gives: 'fileinto From A-M' },
    { fields: from('nora@example.org'), gives: 'fileinto From N-Z' },
    { fields: { 'X-Priority': '1 (high)' }, gives: 'fileinto Priority' },
    { fields: { To: 'a@b.c, d@b.c, e@b.c, f@b.c, g@b.c, h@b.c' }, gives: 'fileinto SPAM' },
    { fields: { To: 'Me <ME@foo.example.com>' }, gives: 'fileinto From A-M, fileinto Only me' },
  ],
  'tests.sieve: RFC 5233 §5, subaddresses': [
    kept,
    {
      around: { envelope: { from: 'a@b.example', to: 'postmaster+x@zegel.test' } },
      gives: 'redirect abuse@example.com',
    },
    { fields: { Cc: 'ken+mta-filters@example.org' }, gives: 'fileinto inbox.ietf-mta-filters' },
  ],
  'tests.sieve: RFC 5235 §3.2.1, spamtest': [
    { gives: 'fileinto INBOX.unclassified' },
    { around: { spamPercent: 10 }, gives: 'keep' },
    { around: { spamPercent: 30 }, gives: 'fileinto INBOX.spam-trap' },
  ],
  'tests.sieve: RFC 5235 §3.2.2, spamtestplus': [
    { gives: 'fileinto INBOX.unclassified' },
    { around: { spamPercent: 0 }, gives: 'fileinto INBOX.not-spam' },
    { around: { spamPercent: 50 }, gives: 'discard' },
  ],
  'tests.sieve: RFC 5235 §3.3, virustest': [
    { gives: 'fileinto INBOX.unclassified' },
    { around: { virus: 1 }, gives: 'keep' },
    { around: { virus: 4 }, gives: 'fileinto INBOX.quarantine' },
    { around: { virus: 5 }, gives: 'discard' },
  ],
  'tests.sieve: RFC 5260 §4.4, dates': [
    { fields: from('boss@example.com', { Date: 'Mon, 7 Sep 2026 09:30:00 +1200' }), gives: 'fileinto urgent' },
    { fields: from('boss@example.com', { Date: 'Mon, 7 Sep 2026 17:00:00 +0000' }), gives: 'keep' },
    { fields: { Received: 'from a by b; Sun, 6 Sep 2026 10:00:00 +0000' }, gives: 'fileinto weekend' },
  ],
  'tests.sieve: RFC 5260 §5.1, now': [
    { gives: 'redirect pager@example.com' },
    { around: { zone: 'Europe/Brussels' }, gives: 'keep' },
    { around: { now: new Date('2026-09-06T10:00:00Z') }, gives: 'redirect pager@example.com' },
  ],
  'tests.sieve: RFC 5260 §5.1, vacation in advance': [
    kept,
    { around: { now: new Date('2007-07-07T23:59:59Z') }, gives: answer('Auto: Hello') },
    { around: { now: new Date('2007-07-07T23:59:59Z'), zone: 'Europe/Brussels' }, gives: 'keep' },
  ],
  'tests.sieve: RFC 5260 §5.1, a mailbox by month': [{ gives: 'fileinto 09-2026' }],
  'tests.sieve: RFC 5260 §5.1, the date as a header field': [kept],
  'tests.sieve: RFC 5260 §6.1, index, without the comma before its block': [
    {
      fields: { Received: ['a; Mon, 26 Feb 2007 10:00:00 -0500', 'b; Mon, 26 Feb 2007 08:00:00 -0500'] },
      gives: 'keep',
    },
    {
      fields: { Received: ['a; Mon, 26 Feb 2007 08:00:00 -0500', 'b; Mon, 26 Feb 2007 14:00:01 +0000'] },
      gives: 'redirect aftercutoff@example.org',
    },
  ],
  'tests.sieve: RFC 5490 §3.1, mailboxexists': [
    { around: { mailboxes: ['Partners'] }, gives: 'fileinto Partners' },
    { gives: 'reject This message was not accepted by the Mailstore' },
  ],
  'tests.sieve: RFC 7352 §3.2, duplicate': [kept, { around: { wasSeen: async () => true }, gives: 'discard' }],
  'tests.sieve: RFC 7352 §3.2, duplicate by a header field': [
    { around: { wasSeen: async () => true }, gives: 'discard' },
    { fields: { 'Message-ID': '' }, around: { wasSeen: async () => true }, gives: 'keep' },
  ],
  'tests.sieve: RFC 7352 §3.2, duplicate by a variable': [
    kept,
    { around: { wasSeen: async () => true }, gives: 'discard' },
  ],
  'tests.sieve: RFC 7352 §5.1, filed': [
    kept,
    { around: { wasSeen: async () => true }, gives: 'fileinto Trash/Duplicate +' },
  ],
  'tests.sieve: RFC 7352 §5.2, alerts': [
    { fields: about('ALERT: fire'), gives: 'fileinto Alerts' },
    {
      fields: about('ALERT: fire'),
      around: { wasSeen: async (_id, seconds) => seconds === 60 },
      gives: String.raw`fileinto Alerts (\seen)`,
    },
  ],
  // By XMPP nobody is notified here.
  'tests.sieve: RFC 7352 §5.3, notifications of each sender': [
    { gives: 'fault method' },
    { around: { wasSeen: async (_id, seconds) => seconds === 1800 }, gives: 'keep' },
  ],
  'tests.sieve: RFC 7352 §5.3, notifications of each sender and subject': [
    { gives: 'fault method' },
    { fields: about('Re: Hello'), around: { wasSeen: async () => true }, gives: 'keep' },
  ],
  'tests.sieve: RFC 7352 §5.4, two applications': [
    kept,
    { fields: { 'X-Event-ID': '17' }, around: { wasSeen: async () => true }, gives: 'discard' },
    { fields: { 'X-Ticket-ID': '17' }, around: { wasSeen: async () => true }, gives: 'keep' },
    {
      fields: about('The fileserver', { 'X-Ticket-ID': '17', To: 'support@example.com' }),
      around: { wasSeen: async () => true },
      gives: String.raw`keep (\seen)`,
    },
  ],
  'tests.sieve: RFC 5183 §4.1, environment': [kept],
  'tests.sieve: draft-ietf-sieve-regex §7.1': [
    { fields: { 'List-ID': 'Friends <acme@lists.example.org>' }, gives: 'fileinto lists.acme' },
    kept,
  ],
  'tests.sieve: draft-ietf-sieve-regex §8': [
    { gives: 'discard' },
    { fields: { To: 'me+shop@company.com' }, gives: 'keep' },
    { fields: about('HELLO', { To: 'me@company.com' }), gives: 'discard' },
  ],
  'actions.sieve: RFC 3894 §3, copy': [{ gives: 'fileinto incoming, redirect tim@example.com, keep' }],
  'actions.sieve: RFC 5293 §4, addheader': [
    { gives: 'redirect kim@home.example.com' },
    { fields: { 'X-Sieve-Filtered': '<kim@job.example.com>' }, gives: 'keep' },
  ],
  'actions.sieve: RFC 5293 §5, deleteheader': [kept],
  'actions.sieve: RFC 5429 §2.1, ereject': [
    { fields: from('Some One <someone@example.com>'), gives: 'ereject I no longer accept mail from this address' },
  ],
  'actions.sieve: RFC 5429 §2.2, reject': [
    {
      body: large(110_000),
      gives:
        'reject Your message is to big.  If you want to send me a big attachment,\r\nput it on a public web site and send me a URL.',
    },
  ],
  'actions.sieve: RFC 5429 §2.2, reject in other letters': [
    {
      fields: from('coyote@desert.example.org'),
      gives: 'reject I am not taking mail from you, and I don’t\r\nwant your birdseed, either!',
    },
  ],
  'actions.sieve: RFC 5435 §3.7, notify': [
    { fields: from('boss@example.org'), gives: 'notify alm@example.com: This is probably very important, keep' },
    {
      fields: { To: 'sievemailinglist@example.org' },
      gives: 'notify alm@example.com: [SIEVE] Bea <bea@example.org>: Hello, fileinto INBOX.sieve',
    },
  ],
  'actions.sieve: RFC 5435 §3.7, a method that is not that of mail': [{ gives: 'fault method' }],
  'actions.sieve: RFC 5435 §4, valid_notify_method': [kept],
  'actions.sieve: RFC 5435 §5, notify_method_capability': [kept],
  'actions.sieve: RFC 5435 §6, encodeurl': [{ gives: 'notify tim@example.com: Hello, keep' }],
  'actions.sieve: RFC 5435 §3.7, a telephone': [{ gives: 'fault method' }],
  'actions.sieve: RFC 5436 §2.1, a mailto address with fields': [
    {
      fields: { 'List-Id': 'lemonade <lemonade.ietf.org>' },
      gives: 'notify 0123456789@sms.example.net backup@example.com: You got mail, keep',
    },
  ],
  'actions.sieve: RFC 5436 §3, what triggers it in the subject': [
    {
      fields: about('[Knitting] A new sweater', { 'List-Id': 'Knitting Mailing List <knitting.example.com>' }),
      gives: 'notify 0123456789@sms.example.net backup@example.com: From Knitting list: A new sweater, keep',
    },
    { fields: about('[Knitting] A new sweater'), gives: 'keep' },
  ],
  'actions.sieve: RFC 6609 §3.2, the active script': [
    {
      around: {
        scripts: {
          always_allow: 'if address "from" "boss@example.com" { keep; stop; }',
          '/spam_tests':
            'require "reject"; if header :contains "Subject" "XXXX" { reject "Subject XXXX is unacceptable."; }',
          spam_tests: 'require "reject"; if header :contains "Subject" "Money" { reject "no"; }',
          mailing_lists: 'require "fileinto"; if header :is "List-ID" "sieve.ietf.org" { fileinto "lists.sieve"; }',
        },
      },
      fields: { 'List-ID': 'sieve.ietf.org' },
      gives: 'fileinto lists.sieve',
    },
  ],
  'actions.sieve: RFC 6609 §3.4.1, global': [
    {
      around: {
        scripts: { subject_tests: examples.find(([name]) => name.includes('§3.4.1, the script within'))?.[1] ?? '' },
      },
      fields: about('Make money now'),
      gives: 'fileinto spam-Make money',
    },
  ],
  'actions.sieve: RFC 6609 §3.4.1, the script within': [kept],
  'actions.sieve: RFC 6609 §3.4.2, the namespace': [{ gives: answer('Auto: Hello') }],
  'actions.sieve: RFC 5463 §4, ihave and error': [{ gives: 'fileinto there' }],
  'actions.sieve: RFC 6134 §2.9, lists from elsewhere': [
    { around: { spamPercent: 50 }, gives: 'fileinto spam' },
    { around: { spamPercent: 50, lists: { [ADDRESS_BOOK]: ['bea@example.org'] } }, gives: 'keep' },
    { around: { spamPercent: 90, lists: { [ADDRESS_BOOK]: ['bea@example.org'] } }, gives: 'fileinto spam' },
  ],
  'actions.sieve: RFC 6134 §2.9, redirect to a list': [
    kept,
    { around: { lists: { [REVIEWERS]: [] } }, gives: `redirect ${REVIEWERS}` },
  ],
  'actions.sieve: RFC 8579 §3, special uses': [
    { around: { mailboxes: ['\\Archive'] }, gives: String.raw`fileinto \Archive / INBOX/Archive` },
    { around: { mailboxes: ['INBOX/Spam\\Junk'] }, gives: 'fileinto INBOX/Spam' },
  ],
  'actions.sieve: RFC 8579 §4.1, with mailbox': [{ gives: String.raw`fileinto \Junk / INBOX/Junk +` }],
  'actions.sieve: RFC 9042 §4, a mailbox by its id': [
    kept,
    {
      fields: from('coyote@desert.example.org'),
      gives: 'fileinto F6352ae03-b7f5-463c-896f-d8b48ee3 / INBOX.harassment',
    },
  ],
  'actions.sieve: RFC 9042 §4.1, with mailbox': [{ gives: 'fileinto Fnosuch / INBOX.no-such-folder +' }],
  'actions.sieve: RFC 9042 §6, mailboxes by their id': [
    kept,
    {
      around: { mailboxes: ['F6352ae03-b7f5-463c-896f-d8b48ee3'] },
      gives: 'fileinto F6352ae03-b7f5-463c-896f-d8b48ee3 / INBOX.name.will.not.be.used',
    },
  ],
}

for (const [name, script] of examples)
  test(`${name} does what it says`, async () => {
    const runs = RUNS[name]
    assert.ok(runs !== undefined && runs.length > 0, 'no letter is there for it')
    for (const run of runs) assert.equal(summaryOf(await runText(script, letterOf(run), run.around)), run.gives)
  })
