#### §3.1, setflag
require "imap4flags";
if size :over 500K {
    setflag "\\Deleted";
}
#### §3.1, setflag with a variable
require ["fileinto", "imap4flags", "variables"];
if header :contains "from" "boss@frobnitzm.example.edu" {
    setflag "flagvar" "\\Flagged";
    fileinto :flags "${flagvar}" "INBOX.From Boss";
}
#### §3.2, addflag
require ["imap4flags", "variables"];
addflag "flagvar" "\\Deleted";
addflag "flagvar" "\\Answered";
addflag "flagvar" ["\\Deleted", "\\Answered"];
addflag "flagvar" "\\Deleted \\Answered";
#### §3.3, removeflag
require ["fileinto", "imap4flags", "variables"];
if header :contains "Disposition-Notification-To"
   "mel@example.com" {
    addflag "flagvar" "$MDNRequired";
}
if header :contains "from" "imap@cac.washington.example.edu" {
    removeflag "flagvar" "$MDNRequired";
    fileinto :flags "${flagvar}" "INBOX.imap-list";
}
#### §4, hasflag
require ["imap4flags", "variables", "relational", "comparator-i;ascii-numeric"];
if anyof (hasflag :is "b A", hasflag ["b","A"], hasflag :contains "MyVar" "Junk",
          hasflag :contains "MyVar" ["label", "forward"], hasflag :contains "MyVar" "junk forward",
          hasflag :count "ge" :comparator "i;ascii-numeric" "MyFlags" "2") { stop; }
#### §9, the extended example, with its action of no name mended
require ["fileinto", "imap4flags", "variables"];

if size :over 1M
        {
        addflag "MyFlags" "Big";
        if header :is "From" "boss@company.example.com"
                   {
                   addflag "MyFlags" "\\Flagged";
                   }
        fileinto :flags "${MyFlags}" "Big messages";
        }

if header :is "From" "grandma@example.net"
        {
        addflag "MyFlags" ["\\Answered", "$MDNSent"];
        fileinto :flags "${MyFlags}" "GrandMa";
        }

if header :is "Sender" "owner-ietf-mta-filters@example.org"
        {
        set "MyFlags" "\\Flagged $Work";
        keep :flags "${MyFlags}";
        }
elsif anyof (address :domain :is ["From", "To"] "company.example.com")
        {
        keep :flags "${MyFlags}"; # keep in "Inbox" folder
        }
elsif anyof (not address :all :contains
               ["To", "Cc"] "me@company.example.com",
             header :matches "subject"
               ["*make*money*fast*", "*university*dipl*mas*"])
        {
        removeflag "MyFlags" "\\Flagged";
        fileinto :flags "${MyFlags}" "spam";
        }
else
        {
        fileinto :flags "${MyFlags}" "personal";
        }
