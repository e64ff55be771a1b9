/**
 * The Sieve language: scripts are parsed and checked whole, bounded, before anything runs; texts are compared as scripts ask for.
 * What runs scripts is elsewhere.
 */
export { isAddressField, parseSieveAddress } from './addresses.ts'
export { compare, contains, isEqual, matches, type Comparator } from './compare.ts'
export { parseFlags } from './flags.ts'
export { extensions } from './language/extensions.ts'
export { parseMailto, type Mailto } from './mailto.ts'
export { parseScript } from './parse.ts'
export { isVariableName, parseReferences, type Reference } from './references.ts'
export { RegexError } from './regex/pattern.ts'
export { compileRegex, type Regex } from './regex/regex.ts'
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
export { quote, textBlock } from './write.ts'
