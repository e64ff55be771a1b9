import type { Language } from '#mail/outbound'

/** The letter by which somebody outside is asked whether they want to be on a list. `{name}`, `{list}`, `{link}`, `{days}`, `{hostname}`. */
export const INVITATION_TEXTS: Record<Language, { subject: string; text: string }> = {
  de: {
    subject: 'Möchten Sie auf die Liste „{name}“?',
    text: `Jemand hat diese Adresse für die Verteilerliste „{name}“ ({list}) vorgeschlagen.

Wenn Sie das möchten, bestätigen Sie es hier:

{link}

Der Link gilt {days} Tage. Wenn Sie nichts tun, bekommen Sie nichts von dieser Liste, und die Adresse wird vergessen.

Diese Nachricht hat der Mailserver {hostname} geschrieben.`,
  },
  fr: {
    subject: 'Souhaitez-vous figurer sur la liste « {name} » ?',
    text: `Quelqu’un a proposé cette adresse pour la liste de diffusion « {name} » ({list}).

Si vous le souhaitez, confirmez-le ici :

{link}

Le lien est valable {days} jours. Si vous ne faites rien, vous ne recevrez rien de cette liste, et l’adresse sera oubliée.

Ce message a été écrit par le serveur de courrier {hostname}.`,
  },
  nl: {
    subject: 'Wilt u op de lijst „{name}”?',
    text: `Iemand heeft dit adres voorgesteld voor de verzendlijst „{name}” ({list}).

Wilt u dat, bevestig het dan hier:

{link}

De link is {days} dagen geldig. Doet u niets, dan krijgt u niets van deze lijst en wordt het adres vergeten.

Dit bericht is geschreven door de mailserver {hostname}.`,
  },
  en: {
    subject: 'Would you like to be on the list “{name}”?',
    text: `Somebody has proposed this address for the distribution list “{name}” ({list}).

If you would like that, confirm it here:

{link}

The link is good for {days} days. If you do nothing, you get nothing from this list, and the address is forgotten.

This message was written by the mail server {hostname}.`,
  },
}
