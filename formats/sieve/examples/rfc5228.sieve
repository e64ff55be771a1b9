#### §2.3, comments
if size :over 100k { # this is a comment
   discard;
}
#### §2.3, comments in brackets
if size :over 100K { /* this is a comment
   this is still a comment */ discard /* this is a comment
   */ ;
}
#### §2.4.2.1, lists of strings
if header :contains ["To", "Cc"] ["me@example.com", "me00@landru.example.com"] { stop; }
#### §2.4.2.4, encoded characters
require "encoded-character";
if header :contains "Subject" "$${hex:24 24}" {
   discard;
}
#### §2.5.1, a list of tests
if anyof (not exists ["From", "Date"],
        header :contains "from" "fool@example.com") {
   discard;
}
#### §2.7.3, a comparator
if header :contains :comparator "i;octet" "Subject"
        "MAKE MONEY FAST" {
     discard;
}
#### §2.10.2, implicit keep
if size :over 500K { discard; }
#### §3.1, if
require "fileinto";
if header :contains "from" "coyote" {
   discard;
} elsif header :contains ["subject"] ["$$$"] {
   discard;
} else {
   fileinto "INBOX";
}
#### §3.1, if with redirect
if header :contains ["From"] ["coyote"] {
   redirect "acm@example.com";
} elsif header :contains "Subject" "$$$" {
   redirect "postmaster@example.com";
} else {
   redirect "field@example.com";
}
#### §3.2, require with a list
require ["fileinto", "reject"];
#### §3.2, require twice
require "fileinto";
require "vacation";
#### §4.1, fileinto
require "fileinto";
if header :contains ["from"] "coyote" {
   fileinto "INBOX.harassment";
}
#### §4.2, redirect
redirect "bart@example.com";
#### §4.3, keep
if size :under 1M { keep; } else { discard; }
#### §4.3, not
if not size :under 1M { discard; }
#### §4.4, discard
if header :contains ["from"] ["idiot@example.com"] {
   discard;
}
#### §5.1, address
if address :is :all "from" "tim@example.com" {
   discard;
}
#### §5.2, §5.3, allof and anyof
if allof (false, true) { keep; }
if anyof (false, false) { keep; }
#### §5.4, envelope
require "envelope";
if envelope :all :is "from" "tim@example.com" {
   discard;
}
#### §5.5, exists
if not exists ["From","Date"] {
   discard;
}
#### §5.7, header
if not header :matches "Cc" "?*" { stop; }
#### §9, the extended example
#
# Example Sieve Filter
# Declare any optional features or extension used by the script
#
require ["fileinto"];

#
# Handle messages from known mailing lists
# Move messages from IETF filter discussion list to filter mailbox
#
if header :is "Sender" "owner-ietf-mta-filters@imc.org"
        {
        fileinto "filter";  # move to "filter" mailbox
        }
#
# Keep all messages to or from people in my company
#
elsif address :DOMAIN :is ["From", "To"] "example.com"
        {
        keep;               # keep in "In" mailbox
        }

#
# Try and catch unsolicited email.  If a message is not to me,
# or it contains a subject known to be spam, file it away.
#
elsif anyof (NOT address :all :contains
               ["To", "Cc", "Bcc"] "me@example.com",
             header :matches "subject"
               ["*make*money*fast*", "*university*dipl*mas*"])
        {
        fileinto "spam";   # move to "spam" mailbox
        }
else
        {
        # Move all other (non-company) mail to "personal"
        # mailbox.
        fileinto "personal";
        }
