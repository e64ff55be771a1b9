import { settings } from '../data/settings.svelte.ts'
import { t } from './texts.svelte.ts'

type Permission = NotificationPermission | 'unsupported'

const read = (): Permission => ('Notification' in window ? Notification.permission : 'unsupported')

/** Only the browser knows it, and it is asked again whenever it may have changed. */
const asked: { permission: Permission } = $state({ permission: read() })

export function permission(): Permission {
  return asked.permission
}

/** Asks the person through the browser. Only from an act of theirs: browsers refuse it otherwise. */
export async function askPermission(): Promise<Permission> {
  if ('Notification' in window) await Notification.requestPermission().catch(() => undefined)
  return (asked.permission = read())
}

let waiting = 0
let shown: Notification | undefined

/**
 * Says through the browser that letters have come, when the person wants that and is not looking. How many is all it
 * says: it may lie on a locked screen, and the system keeps a list of them.
 */
export function notifyArrived(count: number): void {
  if (!settings.notifications || read() !== 'granted' || document.visibilityState === 'visible') return
  waiting += count
  // All tabs say it under one tag, so that it is shown once.
  shown = new Notification(t('notify.arrived', { count: waiting }), { tag: 'zegel-mail', lang: settings.language })
  shown.addEventListener('click', () => {
    window.focus()
    shown?.close()
  })
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return
  waiting = 0
  shown?.close()
  shown = undefined
})
