/** The Sieve language: scripts are parsed and checked whole, bounded, before anything runs. What runs them is elsewhere. */
export {
  bounds,
  SieveError,
  type Argument,
  type Bounds,
  type Command,
  type Place,
  type Script,
  type Tags,
  type Test,
} from './script.ts'
