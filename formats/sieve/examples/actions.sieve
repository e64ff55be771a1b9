#### RFC 3894 §3, copy
require ["copy", "fileinto"];
fileinto :copy "incoming";
redirect :copy "tim@example.com";
#### RFC 5293 §4, addheader
require "editheader";
if not header :contains "X-Sieve-Filtered"
        ["<kim@job.example.com>", "<kim@home.example.com>"]
{
        addheader "X-Sieve-Filtered" "<kim@job.example.com>";
        redirect "kim@home.example.com";
}
addheader :last "X-Hello" "World";
#### RFC 5293 §5, deleteheader
require "editheader";
deleteheader :index 1 :contains "Delivered-To"
                        "bob@example.com";
deleteheader :index 1 "X-Hello";
deleteheader :index 2 :last "X-Hello";
deleteheader "X-Hello";
#### RFC 5429 §2.1, ereject
require ["ereject"];
if address "from" "someone@example.com" {
    ereject "I no longer accept mail from this address";
}
#### RFC 5429 §2.2, reject
require ["reject"];
if size :over 100K {
    reject text:
Your message is to big.  If you want to send me a big attachment,
put it on a public web site and send me a URL.
.
;
}
#### RFC 5429 §2.2, reject in other letters
require ["reject"];
if header :contains "from" "coyote@desert.example.org" {
   reject text:
I am not taking mail from you, and I don’t
want your birdseed, either!
.
;
}
#### RFC 5435 §3.7, notify
require ["enotify", "fileinto", "variables"];

if header :contains "from" "boss@example.org" {
    notify :importance "1"
        :message "This is probably very important"
                    "mailto:alm@example.com";
    # Don't send any further notifications
    stop;
}

if header :contains "to" "sievemailinglist@example.org" {
    # :matches is used to get the value of the Subject header
    if header :matches "Subject" "*" {
        set "subject" "${1}";
    }

    # :matches is used to get the value of the From header
    if header :matches "From" "*" {
        set "from" "${1}";
    }

    notify :importance "3"
        :message "[SIEVE] ${from}: ${subject}"
        "mailto:alm@example.com";
    fileinto "INBOX.sieve";
}
#### RFC 5435 §3.7, a method that is not that of mail
require ["enotify", "variables"];

set "notif_method"
"xmpp:tim@example.com?message;subject=SIEVE;body=You%20got%20mail";

if header :contains "subject" "Your dog" {
    set "notif_method" "tel:+14085551212";
}
if not string :is "${notif_method}" "" {
    notify "${notif_method}";
}
#### RFC 5435 §4, valid_notify_method
require ["enotify"];
if not valid_notify_method ["mailto:",
        "http://gw.example.net/notify?test"] {
    stop;
}
#### RFC 5435 §5, notify_method_capability
require ["enotify"];
if notify_method_capability
       "xmpp:tim@example.com?message;subject=SIEVE"
       "Online"
       "yes" {
    notify :importance "1" :message "You got mail"
         "mailto:tim@example.com";
}
#### RFC 5435 §6, encodeurl
require ["enotify", "variables"];

set :encodeurl "body_param" "Safe body&evil=evilbody";

notify "mailto:tim@example.com?body=${body_param}";
#### RFC 5435 §3.7, a telephone
require "enotify";
notify "tel:+14085551212";
#### RFC 5436 §2.1, a mailto address with fields
require ["enotify"];
if header :contains "list-id" "lemonade.ietf.org" {
  notify :importance "3" :message "You got mail" :from "tim@example.com"
      "mailto:0123456789@sms.example.net?to=backup@example.com&subject=News%20%2d";
}
#### RFC 5436 §3, what triggers it in the subject
require ["enotify", "variables"];

if header :contains "list-id" "knitting.example.com" {
  if header :matches "Subject" "[*] *" {
    notify :message "From ${1} list: ${2}"
        :importance "3"
        "mailto:0123456789@sms.example.net?to=backup@example.com";
  }
}
#### RFC 6609 §3.2, the active script
require ["include"];

include :personal "always_allow";
include :global "spam_tests";
include :personal "spam_tests";
include :personal "mailing_lists";
include :once :optional "maybe";
#### RFC 6609 §3.4.1, global
require ["fileinto", "include", "variables", "relational"];
global "test";
global "test_mailbox";

set "test" "$$";
include "subject_tests";

set "test" "Make money";
include "subject_tests";

if string :count "eq" "${test_mailbox}" "1"
{
    fileinto "${test_mailbox}";
    stop;
}
#### RFC 6609 §3.4.1, the script within
require ["include", "variables"];
global ["test", "test_mailbox"];

if header :contains "Subject" "${test}"
{
    set "test_mailbox" "spam-${test}";
    return;
}
#### RFC 6609 §3.4.2, the namespace
require ["variables", "include", "vacation"];
global "i_am_on_vacation";

set "global.i_am_on_vacation" "1";

if string :is "${i_am_on_vacation}" "1"
{
    vacation "It's true, I am on vacation.";
}
#### RFC 5463 §4, ihave and error
require ["ihave"];
if ihave "vnd.example.nothing" {
    nothing :at "all";
} elsif not ihave "fileinto" {
    error "There is no fileinto.";
} else {
    fileinto "there";
}
#### RFC 6134 §2.9, lists from elsewhere
require ["envelope", "extlists", "fileinto", "spamtest",
         "relational", "comparator-i;ascii-numeric"];
if envelope :list "from" ":addrbook:default"
  { /* Known: allow high spam score */
    if spamtest :value "ge" :comparator "i;ascii-numeric" "8"
      {
        fileinto "spam";
      }
  }
elsif spamtest :value "ge" :comparator "i;ascii-numeric" "3"
  { /* Unknown: less tolerance in spam score */
    fileinto "spam";
  }
#### RFC 6134 §2.9, redirect to a list
require ["extlists"];
if valid_ext_list ["tag:example.com,2009-05-28:Reviewers"] {
    redirect :list "tag:example.com,2009-05-28:Reviewers";
}
#### RFC 8579 §3, special uses
require ["special-use", "fileinto"];
if specialuse_exists "\\Archive" { fileinto :specialuse "\\Archive" "INBOX/Archive"; }
if specialuse_exists "INBOX/Spam" "\\Junk" { fileinto "INBOX/Spam"; }
#### RFC 8579 §4.1, with mailbox
require ["special-use", "fileinto", "mailbox"];
fileinto :specialuse "\\Junk" :create "INBOX/Junk";
#### RFC 9042 §4, a mailbox by its id
require ["fileinto", "mailboxid"];

if header :contains ["from"] "coyote" {
    fileinto :mailboxid "F6352ae03-b7f5-463c-896f-d8b48ee3"
             "INBOX.harassment";
}
#### RFC 9042 §4.1, with mailbox
require ["fileinto", "mailboxid", "mailbox"];

fileinto :mailboxid "Fnosuch"
         :create
         "INBOX.no-such-folder";
            # creates INBOX.no-such-folder, but it doesn't
            # get the "Fnosuch" mailboxid.
#### RFC 9042 §6, mailboxes by their id
require ["fileinto", "mailboxid"];
if mailboxidexists ["F6352ae03-b7f5-463c-896f-d8b48ee3"] {
    fileinto :mailboxid "F6352ae03-b7f5-463c-896f-d8b48ee3" "INBOX.name.will.not.be.used";
}
