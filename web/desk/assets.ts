import { favicon } from '../site/icons.ts'
import { openPublisher, type Asset } from '../ui/publish.ts'

const at = (file: string): URL => new URL(file, import.meta.url)

const { publish, publishFile, publishStyles, all } = openPublisher('/assets/desk/')

export const stylesheet = publishStyles(
  'desk.css',
  [
    '../ui/tokens.css',
    '../ui/components.css',
    '../ui/public.css',
    '../site/site.css',
    '../app/styles/panels.css',
    './desk.css',
  ].map(at),
)
export const mark = publish('mark.svg', Buffer.from(favicon()))
export const passkeyScript = publishFile(at('../site/passkey.js'))
export const newPasskeyScript = publishFile(at('./new-passkey.js'))

/** Everything that is served, and nothing else is. */
export const assets: readonly Asset[] = all()
