import { t } from '../shell/texts.svelte.ts'
import type { Target } from './perform.ts'

/** Only within the app: nothing of the letters goes into the drag data, which other programs could read. */
let carried: Target | undefined = $state.raw()

/** What is being dragged. */
export function carriedNow(): Target | undefined {
  return carried
}

/** Begins to drag conversations, under a small note of how many there are. */
export function carry(event: DragEvent, target: Target): void {
  carried = target
  const note = document.createElement('div')
  note.className = 'drag-note'
  note.textContent = t('list.dragged', { count: target.all ? target.list.total : target.threads.length })
  document.body.append(note)
  event.dataTransfer?.setData('text/plain', '')
  if (event.dataTransfer) event.dataTransfer.effectAllowed = 'copyMove'
  event.dataTransfer?.setDragImage(note, -12, -8)
  setTimeout(() => note.remove())
  addEventListener('dragend', () => (carried = undefined), { once: true })
}
