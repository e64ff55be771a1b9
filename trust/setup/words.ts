import type { FOUND, SetupItem, SetupName } from './look.ts'

type Key = { [N in SetupName]: `${N}.${keyof (typeof FOUND)[N] & string}` }[SetupName]

/** Of the command line, which speaks English. `{about}` is what an item is about. */
const WORDS: Record<Key, string> = {
  'address.here': 'leads here: {about}.',
  'address.unknown': '{about} has no address in the DNS. Give it the addresses of this machine (A, AAAA).',
  'address.elsewhere':
    '{about}: not all of these are addresses of this machine. Correct the DNS; if a router passes one on to here, name it in the setting "addresses".',
  'address.silent': 'no name server told where {about} leads.',
  'reverse.fits': 'each address has the name of the server, and that leads back to it.',
  'reverse.missing':
    'an address has no name: {about}. Set it at the provider of the machine; many servers refuse mail without.',
  'reverse.other':
    'an address has another name than the server gives itself; there should be {about}. Set it at the provider of the machine.',
  'reverse.silent': 'no name server told: {about}.',
  'ports.answer':
    '{about} answer on this machine. Whether a firewall before it lets others in, only somebody outside can tell.',
  'ports.silent':
    '{about} do not answer. Start the server (systemctl start zegel); another program may have them (ss -ltnp).',
  'port25.open': '{about} could be reached.',
  'port25.closed':
    '{about} could not be reached on port 25. Many providers open it only when they are asked; else set a smarthost.',
  'port25.notTried': 'not tried, for nobody was named. --try-mail-of DOMAIN tries the mail server of a domain.',
  'port25.noExchanger': 'not tried: the DNS tells of no mail server of {about}.',
  'records.right': 'what {about} needs is in the DNS.',
  'records.missing': 'records that are needed are missing or wrong: {about}. ./zegel domain show DOMAIN says which.',
  'records.silent': 'no name server told about {about}.',
  'records.noDomain': 'no domain is served yet: ./zegel domain add DOMAIN.',
  'certificate.issued': 'issued, and renewed by itself.',
  'certificate.own': 'your own files (tls.certificate).',
  'certificate.waiting':
    'none is issued yet. The server orders it by itself once its name leads here and port 80 can be reached from outside; ./zegel status says what hinders it.',
  'certificate.selfMade':
    'self-made: browsers warn of it and mail programs refuse it. Set [tls.acme] with termsAgreed = true (--agree-terms), or tls.certificate and tls.key.',
  'resolver.validates': 'the name server validates (DNSSEC).',
  'resolver.doesNot':
    'the name server does not validate (DNSSEC), so that DANE protects no letter. Install unbound, and set dns.servers = ["127.0.0.1"].',
  'resolver.silent': 'the name server does not answer. Set dns.servers.',
  'clock.synchronised': 'synchronised.',
  'clock.not': 'not synchronised yet. Look at timedatectl.',
  'clock.unknown': 'systemd-timesyncd does not run. Make sure that something else keeps the time.',
  'operator.there': 'somebody reads what comes to postmaster and abuse.',
  'operator.none':
    'nobody reads what comes to postmaster and abuse: ./zegel account create ADDRESS --operator --password-stdin.',
  'staff.there': 'somebody works at the desk.',
  'staff.none': 'nobody works at the desk yet: ./zegel staff add LOGIN --name NAME --roles ROLE,…',
  'backups.set': 'made by themselves.',
  'backups.none': 'none are made. Set backup.target to a folder on another disk, or backup.s3.',
}

const TITLES: Record<SetupName, string> = {
  address: 'Name and address',
  reverse: 'Reverse DNS',
  ports: 'Ports',
  port25: 'Port 25 outward',
  records: 'DNS records',
  certificate: 'Certificate',
  resolver: 'Name server',
  clock: 'Clock',
  operator: 'Operator',
  staff: 'Staff',
  backups: 'Backups',
}

export const setupTitle = ({ name }: Pick<SetupItem, 'name'>): string => TITLES[name]

/** What was found and what to do about it. */
export const setupSentence = ({ name, found, about }: SetupItem): string =>
  WORDS[`${name}.${found}` as Key].replaceAll('{about}', about.join(', '))
