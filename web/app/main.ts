import '../ui/tokens.css'
import '../ui/components.css'
import './styles/panels.css'
import './styles/overlays.css'
import './styles/shell.css'
import './styles/mail.css'
import './styles/reading.css'
import './styles/settings.css'
import './styles/print.css'
import { mount } from 'svelte'
import App from './App.svelte'
import { sweep } from './data/emails.ts'
import { loadMailboxes } from './data/mailboxes.ts'
import { loadSettings, settings } from './data/settings.svelte.ts'
import { isCurrent, onMailChange, sync, syncWhenBehind } from './data/sync.ts'
import { accountId, connection, openSession, whenOnline } from './jmap/client.svelte.ts'
import { failedWith } from './jmap/failure.ts'
import { listen } from './jmap/push.ts'
import { shownThreads } from './mail/list.svelte.ts'
import { speak } from './shell/texts.svelte.ts'
import { state } from './start.svelte.ts'

/** Shows the app at once, in the language this device remembers, and fills it when the server has answered. */
async function start(): Promise<void> {
  await speak(settings.language)
  const target = document.getElementById('app')
  if (!target) return
  mount(App, { target, props: state })
  while (!connection.session) {
    try {
      await openSession()
    } catch (error) {
      if (!failedWith(error, 'offline')) return
      await whenOnline()
    }
  }
  await Promise.all([loadMailboxes(), loadSettings()])
  state.started = true
  syncWhenBehind()
  onMailChange(() => sweep(shownThreads()))
  listen(
    accountId(),
    (change) => {
      if (!isCurrent(change)) void sync()
      if ('Settings' in change) void loadSettings().catch(() => {})
    },
    () => void sync(),
  )
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void sync()
  })
}

await start()
