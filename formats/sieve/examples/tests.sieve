#### RFC 5173 §5.1, the raw body
require "body";
if body :raw :contains "MAKE MONEY FAST" {
        discard;
}
#### RFC 5173 §5.2, parts of a type
require ["body", "fileinto"];
if body :content "text" :contains ["missile", "coordinates"] {
        fileinto "secrets";
}
if body :content "audio/mp3" :contains "" {
        fileinto "jukebox";
}
#### RFC 5173 §5.3, text
require ["body", "fileinto"];
if body :text :contains "project schedule" {
        fileinto "project/schedule";
}
#### RFC 5231 §5, count
require ["relational", "comparator-i;ascii-numeric", "fileinto"];
if anyof (address :count "gt" :comparator "i;ascii-numeric" ["to"] ["5"],
          header :count "ge" :comparator "i;ascii-numeric" ["received"] ["3"],
          header :count "lt" :comparator "i;ascii-numeric" ["received", "subject"] ["10"]) {
   fileinto "Busy";
}
#### RFC 5231 §9, the extended example
require ["relational", "comparator-i;ascii-numeric", "fileinto"];

if header :value "lt" :comparator "i;ascii-numeric"
          ["x-priority"] ["3"]
{
   fileinto "Priority";
}

elsif address :count "gt" :comparator "i;ascii-numeric"
           ["to"] ["5"]
{
   # everything with more than 5 recipients in the "to" field
   # is considered SPAM
   fileinto "SPAM";
}

# convert before comparing
elsif address :value "gt" :all :comparator "i;ascii-casemap"
           ["from"] ["M"]
{
   fileinto "From N-Z";
} else {
   fileinto "From A-M";
}

if allof ( address :count "eq" :comparator "i;ascii-numeric"
                   ["to", "cc"] ["1"] ,
           address :all :comparator "i;ascii-casemap"
                   ["to", "cc"] ["me@foo.example.com"] )
{
   fileinto "Only me";
}
#### RFC 5233 §5, subaddresses
require ["envelope", "subaddress", "fileinto"];

if envelope :user "to" "postmaster"
{
    redirect "abuse@example.com"; stop;
}
if address :detail ["to", "cc"] "mta-filters" { fileinto "inbox.ietf-mta-filters"; }
if allof (envelope :is :detail "to" "mta-filters") { fileinto "inbox.ietf-mta-filters"; }
#### RFC 5235 §3.2.1, spamtest
require ["spamtest", "fileinto", "relational", "comparator-i;ascii-numeric"];

if spamtest :value "eq" :comparator "i;ascii-numeric" "0"
{
    fileinto "INBOX.unclassified";
}
elsif spamtest :value "ge" :comparator "i;ascii-numeric" "3"
{
    fileinto "INBOX.spam-trap";
}
#### RFC 5235 §3.2.2, spamtestplus
require ["spamtestplus", "fileinto", "relational",
         "comparator-i;ascii-numeric"];

if spamtest :value "eq"
            :comparator "i;ascii-numeric" "0"
{
    fileinto "INBOX.unclassified";
}
elsif spamtest :percent :value "eq"
               :comparator "i;ascii-numeric" "0"
{
    fileinto "INBOX.not-spam";
}
elsif spamtest :percent :count "eq"
               :comparator "i;ascii-numeric" "0"
{
    fileinto "INBOX.spam-trap";
}
else
{
    discard;
}
#### RFC 5235 §3.3, virustest
require ["virustest", "fileinto", "relational", "comparator-i;ascii-numeric"];

if virustest :value "eq" :comparator "i;ascii-numeric" "0"
{
    fileinto "INBOX.unclassified";
}
if virustest :value "eq" :comparator "i;ascii-numeric" "4"
{
    fileinto "INBOX.quarantine";
}
elsif virustest :value "eq" :comparator "i;ascii-numeric" "5"
{
    discard;
}
#### RFC 5260 §4.4, dates
require ["date", "relational", "fileinto"];
if allof(header :is "from" "boss@example.com",
         date :value "ge" :originalzone "date" "hour" "09",
         date :value "lt" :originalzone "date" "hour" "17")
{ fileinto "urgent"; }
if anyof(date :is "received" "weekday" "0",
         date :is "received" "weekday" "6")
{ fileinto "weekend"; }
#### RFC 5260 §5.1, now
require ["date", "relational"];
if anyof(currentdate :is "weekday" "0",
         currentdate :is "weekday" "6",
         currentdate :value "lt" "hour" "09",
         currentdate :value "ge" "hour" "17")
{ redirect "pager@example.com"; }
#### RFC 5260 §5.1, vacation in advance
require ["date", "relational", "vacation"];
if allof(currentdate :value "ge" "date" "2007-06-30",
         currentdate :value "le" "date" "2007-07-07")
{ vacation :days 7  "I'm away during the first week in July."; }
#### RFC 5260 §5.1, a mailbox by month
require ["date", "variables", "fileinto"];
if currentdate :matches "month" "*" { set "month" "${1}"; }
if currentdate :matches "year"  "*" { set "year"  "${1}"; }
fileinto "${month}-${year}";
#### RFC 5260 §5.1, the date as a header field
require ["variables", "date", "editheader"];
if currentdate :matches "std11" "*"
  {addheader "Processing-date" "${0}";}
#### RFC 5260 §6.1, index, without the comma before its block
require ["date", "relational", "index"];
if date :value "gt" :index 2 :zone "-0500" "received"
        "iso8601" "2007-02-26T09:00:00-05:00"
{ redirect "aftercutoff@example.org"; }
#### RFC 5490 §3.1, mailboxexists
require ["fileinto", "reject", "mailbox"];
if mailboxexists "Partners" {
   fileinto "Partners";
} else {
   reject "This message was not accepted by the Mailstore";
}
#### RFC 7352 §3.2, duplicate
require "duplicate";
if duplicate {
  discard;
}
#### RFC 7352 §3.2, duplicate by a header field
require "duplicate";
if duplicate :header "message-id" {
  discard;
}
#### RFC 7352 §3.2, duplicate by a variable
require ["duplicate", "variables"];
if header :matches "message-id" "*" {
  if duplicate :uniqueid "${0}" {
    discard;
  }
}
#### RFC 7352 §5.1, filed
require ["duplicate", "fileinto", "mailbox"];

if duplicate {
  fileinto :create "Trash/Duplicate";
}
#### RFC 7352 §5.2, alerts
require ["duplicate", "variables", "imap4flags",
  "fileinto"];

if header :matches "subject" "ALERT: *" {
  if duplicate :seconds 60 :uniqueid "${1}" {
    setflag "\\seen";
  }
  fileinto "Alerts";
}
#### RFC 7352 §5.3, notifications of each sender
require ["variables", "envelope", "enotify", "duplicate"];

if envelope :matches "from" "*" { set "sender" "${1}"; }
if header :matches "subject" "*" { set "subject" "${1}"; }

if not duplicate :seconds 1800 :uniqueid "${sender}"
{
  notify :message "[SIEVE] ${sender}: ${subject}"
    "xmpp:user@im.example.com";
}
#### RFC 7352 §5.3, notifications of each sender and subject
require ["variables", "envelope", "enotify", "duplicate"];

if envelope :matches "from" "*" { set "sender" "${1}"; }
if header :matches "subject" "*" { set "subject" "${1}"; }

# account for 'Re:' prefix
if string :comparator "i;ascii-casemap"
  :matches "${subject}" "Re:*"
{
  set "subject" "${1}";
}
if not duplicate :seconds 1800
  :uniqueid "${sender} ${subject}"
{
  notify :message "[SIEVE] ${sender}: ${subject}"
    "xmpp:user@im.example.com";
}
#### RFC 7352 §5.4, two applications
require ["duplicate", "imap4flags"];

if duplicate :header "X-Event-ID" :handle "notifier" {
  discard;
}
if allof (
  duplicate :header "X-Ticket-ID" :handle "support",
  address "to" "support@example.com",
  header :contains "subject" "fileserver")
{
  setflag "\\seen";
}
#### RFC 5183 §4.1, environment
require "environment";
if environment :matches "name" "*" { stop; }
if environment :contains "location" "MS" { stop; }
#### draft-ietf-sieve-regex §7.1
require ["fileinto", "regex", "variables"];

if header :regex "List-ID" "<(.*)@" {
    fileinto "lists.${1}"; stop;
}
if header :regex "Subject" "^\\[(.*)\\] (.*)$" {
    # ${1} will hold "acme-users] [fwd"
    stop;
}
#### draft-ietf-sieve-regex §8
require "regex";

# Try to catch unsolicited email.
if anyof (
  # if a message is not to me (with optional +detail),
  not address :regex ["to", "cc", "bcc"]
    "me(\\+.*)?@company\\.com",

  # or the subject is all uppercase (no lowercase)
  header :regex :comparator "i;octet" "subject"
    "^[^[:lower:]]+$" ) {

  discard;    # junk it
}
