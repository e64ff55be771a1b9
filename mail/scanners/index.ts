/** The scanners of the settings, clamd and rspamd: asked at once, and nothing passes that one of them did not look at. */
export { askScanners, openScanners, type AskedScanner, type Scanners } from './scanners.ts'
