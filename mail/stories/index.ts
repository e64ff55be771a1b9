/**
 * What became of letters, told to whom they were for, or from: filed, held, refused, asked to come again; and with sent ones, what
 * other servers answered. Held ones wait here with their content. Writes the table `story`; retention destroys.
 */
export { discardHeld, endHolding, readHeld, type HeldLetter } from './held.ts'
export { findStories, messagesOfBlobs, readStories, storiesChange, walkStories } from './read.ts'
export { tellArrival, tellDeparture, tellRecipients } from './tell.ts'
export type { Fate, KeptStory, Onward, RecipientStory, SmtpStory, Story } from './story.ts'
