import type { Settings } from '#accounts'

/** What a receipt says where its sender says nothing. */
export const TEXTS: Record<Settings['language'], { subject: string; text: string }> = {
  de: {
    subject: 'Gelesen',
    text: 'Ihre Nachricht wurde auf dem Bildschirm des Empfängers angezeigt. Das heißt nicht, dass sie gelesen oder verstanden wurde.',
  },
  fr: {
    subject: 'Lu',
    text: 'Votre message a été affiché à l’écran de son destinataire. Cela ne garantit pas qu’il ait été lu ou compris.',
  },
  nl: {
    subject: 'Gelezen',
    text: 'Uw bericht is op het scherm van de ontvanger getoond. Dat betekent niet dat het gelezen of begrepen is.',
  },
  en: {
    subject: 'Read',
    text: 'Your message was shown on its recipient’s screen. This does not mean that it was read or understood.',
  },
}
