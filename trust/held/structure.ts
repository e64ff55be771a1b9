/** Tables that hold nothing about a person beyond numbers by which the program finds its way, each with the reason why it is no category. */
export const STRUCTURE: Readonly<Record<string, string>> = {
  domain: 'the domains that are served here',
  migration: 'which changes of the tables were made',
  kind_state: 'up to which number something of an account has changed',
  item_change: 'which items a change touched, by number; programs ask for what is new by it',
  vanished: 'which numbers are gone, so that programs hear of it',
  spent_challenge: 'which proofs of work and permits were used, as hashes under nobody’s name',
  'keys.epoch': 'the number of the master key',
}
