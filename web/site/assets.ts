import { openPublisher, type Asset } from '../ui/publish.ts'
import { favicon } from './icons.ts'

export type { Asset }

const at = (file: string): URL => new URL(file, import.meta.url)

const { publish, publishFile, publishStyles, all } = openPublisher('/assets/site/')

/** The one stylesheet: tokens, components, the frame of public pages, and what only these pages have. */
export const stylesheet = publishStyles(
  'site.css',
  ['../ui/tokens.css', '../ui/components.css', '../ui/public.css', './site.css'].map(at),
)
export const mark = publish('mark.svg', Buffer.from(favicon()))
export const showPassword = publishFile(at('show-password.js'))
/** Carries the place in the app, to which somebody wants, through signing in. */
export const keepPlace = publishFile(at('keep-place.js'))
export const passwordStrength = publishFile(at('password-strength.js'))
export const challengeScript = publishFile(at('challenge.js'))
export const passkeyScript = publishFile(at('passkey.js'))
/** Runs beside the page, so that it stays at hand meanwhile. */
export const challengeWorker = publishFile(at('challenge-worker.js'))
/** The font of the interface in the Latin script: preloaded, the others come when a page needs them. */
export const mainFont = publishFile(at('../ui/fonts/hanken-grotesk-latin-wght-normal.woff2'))

/** Everything that is served, and nothing else is. */
export const assets: readonly Asset[] = all()
