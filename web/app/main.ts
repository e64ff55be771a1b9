import '../ui/tokens.css'
import '../ui/components.css'
import './styles/panels.css'
import './styles/overlays.css'
import './styles/shell.css'
import './styles/mail.css'
import './styles/reading.css'
import './styles/search.css'
import './styles/editor.css'
import './styles/compose.css'
import './styles/settings.css'
import './styles/rules.css'
import './styles/held.css'
import './styles/where.css'
import './styles/deleted.css'
import './styles/print.css'
import { mount } from 'svelte'
import App from './App.svelte'
import { followCanary } from './data/canary.svelte.ts'
import { tellChanged } from './data/collection.svelte.ts'
import { loadConsent } from './data/consent.svelte.ts'
import { sweep } from './data/emails.ts'
import { reminders, snoozes } from './data/later.ts'
import { withRole } from './data/mailboxes.ts'
import { allowed, blocked, trusted } from './data/senders.ts'
import { masked } from './data/writing.ts'
import { loadSettings, settings } from './data/settings.svelte.ts'
import { loadScheduled } from './data/sendings.svelte.ts'
import { followDeletions } from './data/deleted.svelte.ts'
import { followStories } from './data/stories.svelte.ts'
import { followRecoveryWait } from './data/recovery-wait.svelte.ts'
import { loadSuspension } from './data/suspension.svelte.ts'
import { begin, isCurrent, onMailChange, startAnew, sync, syncWhenBehind } from './data/sync.ts'
import { accountId, openSession, ownerOf, session, whenOnline } from './jmap/client.svelte.ts'
import { failedWith } from './jmap/failure.ts'
import { listen } from './jmap/push.ts'
import { shownThreads } from './mail/list.svelte.ts'
import { notifyArrived } from './shell/notify.svelte.ts'
import { sendActs } from './offline/acts.ts'
import { keepSoon, restore, startKeeping, stopKeeping } from './offline/keep.svelte.ts'
import { speak, t } from './shell/texts.svelte.ts'
import { sayFailed } from './shell/toast.svelte.ts'
import { state } from './start.svelte.ts'

/** What was done before the app was closed, on its way; gives how many changes came too late. */
let earlier: Promise<number> | undefined

/** Opens the session, however long that takes; meanwhile shows what the device has kept. @returns whose that is */
async function reach(): Promise<string | undefined> {
  let kept: string | undefined
  for (;;) {
    try {
      await openSession()
      return kept
    } catch (error) {
      if (!failedWith(error, 'offline')) return 'signedOut'
      if (kept === undefined) {
        kept = await restore()
        if (kept !== undefined) {
          state.started = true
          earlier = sendActs()
        }
      }
      await whenOnline()
    }
  }
}

/** Shows the app at once, in the language this device remembers, and fills it when the server has answered. */
async function start(): Promise<void> {
  await speak(settings.language)
  const target = document.getElementById('app')
  if (!target) return
  mount(App, { target, props: state })
  const kept = await reach()
  if (kept === 'signedOut') return
  if (kept !== undefined && kept !== ownerOf(session())) {
    // Somebody else has signed in here since.
    await stopKeeping()
    return location.reload()
  }
  // What is shown from now on has it in it.
  const gone = await (earlier ?? sendActs())
  // These can wait, and are asked for with the rest.
  void loadConsent()
  void loadSuspension()
  void followRecoveryWait()
  // What the device had kept may be old.
  await Promise.all([kept === undefined ? begin() : startAnew(), loadSettings()])
  state.started = true
  if (gone > 0) sayFailed(t('offline.gone', { count: gone }))
  void snoozes.load()
  void reminders.load()
  void blocked.load()
  void allowed.load()
  void trusted.load()
  void masked.load()
  syncWhenBehind()
  void loadScheduled()
  followStories()
  followDeletions()
  followCanary()
  onMailChange((arrived) => {
    sweep(shownThreads())
    const inbox = withRole('inbox')?.id ?? ''
    // What was brought back is new here too, and is no news.
    const recent = Date.now() - 86_400_000
    const fresh = arrived.filter(
      (email) => inbox in email.mailboxIds && !email.keywords.$seen && Date.parse(email.receivedAt) > recent,
    )
    if (fresh.length > 0) notifyArrived(fresh.length)
  })
  listen(
    accountId(),
    (change) => {
      if (!isCurrent(change)) void sync()
      if ('Settings' in change) void loadSettings().catch(() => {})
      tellChanged(Object.keys(change))
    },
    () => void sync(),
  )
  onMailChange(keepSoon)
  void startKeeping()
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void sync()
  })
}

await start()
