/** The settings: what can be set, by subject, what does not go together, and how they are read. */
export { checkConfig } from './check.ts'
export { dataFolder, reachableByOthers } from './folder.ts'
export { loadConfig } from './load.ts'
export type { Config } from './settings.ts'
export { readToml } from './toml.ts'
