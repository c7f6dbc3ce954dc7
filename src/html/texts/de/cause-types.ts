import type { ProblemTypeWords } from '../problem-types.js';
import { common } from './common.js';

const { causes } = common;
const AGAIN = 'Noch einmal ausführen.';
const AGAIN_RIGHT = 'Noch einmal ausführen: An der Anfrage ist nichts falsch.';

/** Why jobs fail. */
export const causeTypes: Readonly<Record<keyof typeof causes, ProblemTypeWords>> = {
  'image-pull-failed': {
    title: causes['image-pull-failed'],
    meaning:
      'Das Cluster konnte das Container-Image des Prozesses in der Zeit, die er zum Starten hat, nicht laden. Das Programm des Jobs lief nie.',
    remedies: [
      'Betreiber: Namen und Tag des Images prüfen, und ob seine Registry antwortet.',
      'Betreiber: Für eine geschlossene Registry dem Prozess image_pull_secrets geben.',
      'Noch einmal versuchen, wo die Registry nur eine Weile fort war.',
    ],
  },
  unschedulable: {
    title: causes.unschedulable,
    meaning:
      'Kein Knoten des Clusters hatte den Platz oder die Eigenschaften, die der Prozess verlangt, ehe seine Zeit zum Starten um war.',
    remedies: [
      'Später noch einmal versuchen: Andere Jobs haben vielleicht den Platz.',
      'Betreiber: resources.requests des Prozesses senken, node_selector, tolerations und volumes prüfen, oder Knoten hinzunehmen.',
      'Betreiber: start_deadline_seconds erhöhen, wo Knoten erst bei Bedarf hinzukommen.',
    ],
  },
  'not-started': {
    title: causes['not-started'],
    meaning:
      'Die Container des Jobs liefen nicht, als seine Zeit zum Starten um war; den Grund hat das Cluster nicht genauer genannt.',
    remedies: [
      'Noch einmal versuchen.',
      'Betreiber: Die Ereignisse des Pods ansehen; start_deadline_seconds erhöhen, wo das Starten lange dauert.',
    ],
  },
  'not-admitted': {
    title: causes['not-admitted'],
    meaning:
      'Der Job wartete noch in seiner Warteschlange oder war angehalten, als die Zeit um war, die sein Prozess ihn warten lässt (queue_deadline_seconds). Er startet nicht mehr.',
    remedies: [
      'Später noch einmal versuchen, oder mit höherem Vorrang, wo der Prozess einen anbietet.',
      'Betreiber: queue_deadline_seconds erhöhen, oder das Kontingent der Warteschlange; die Meldung sagt, was fehlte.',
    ],
  },
  'queue-not-found': {
    title: causes['queue-not-found'],
    meaning:
      'Die Warteschlange, in der der Job warten sollte, gibt es nicht oder nicht mehr, oder sie nimmt keine Jobs.',
    remedies: [
      'Betreiber: Im Namensraum der Jobs die LocalQueue anlegen, die queue_name nennt, oder eine andere nennen.',
    ],
  },
  deactivated: {
    title: causes.deactivated,
    meaning:
      'Das Warteschlangensystem oder jemand, der es verwaltet, hat den Job zurückgestellt (sein Workload wurde abgeschaltet), und niemand hat ihn rechtzeitig zurückgeholt.',
    remedies: [
      'Betreiber: Die Meldung sagt, warum; spec.active des Workloads holt einen solchen Job zurück, solange er wartet.',
      'Betreiber: Wo Pods nicht rechtzeitig bereit waren, nachsehen, was sie aufhielt.',
    ],
  },
  'container-not-created': {
    title: causes['container-not-created'],
    meaning:
      'Das Image war da, aber sein Container ließ sich nicht anlegen oder starten: Den Befehl gibt es nicht, ein Volume, Secret oder ConfigMap fehlt, oder der Sicherheitskontext wird abgelehnt.',
    remedies: [
      'Betreiber: Die Meldung der Ursache sagt, was das Cluster abgelehnt hat; die Definition des Prozesses berichtigen.',
    ],
  },
  'out-of-memory': {
    title: causes['out-of-memory'],
    meaning: 'Ein Container brauchte mehr Speicher, als seine Grenze erlaubt, und wurde beendet.',
    remedies: ['Mit weniger Eingaben ausführen.', 'Betreiber: resources.limits.memory des Prozesses erhöhen.'],
  },
  'deadline-exceeded': {
    title: causes['deadline-exceeded'],
    meaning: 'Der Job lief länger, als seine Frist erlaubt, und wurde beendet.',
    remedies: ['Mit weniger Eingaben ausführen.', 'Betreiber: active_deadline_seconds des Prozesses erhöhen.'],
  },
  evicted: {
    title: causes.evicted,
    meaning:
      'Das Cluster hat den Job von seinem Knoten genommen: Dem Knoten ging Speicher oder Platte aus, er wurde geräumt, oder etwas Dringenderes brauchte den Platz.',
    remedies: [
      AGAIN_RIGHT,
      'Betreiber: resources.requests so setzen, wie der Prozess es wirklich braucht, und retries über 0, damit das Cluster es von selbst noch einmal versucht.',
    ],
  },
  'pod-deleted': {
    title: causes['pod-deleted'],
    meaning: 'Jemand oder etwas hat den Pod des Jobs gelöscht, während er lief.',
    remedies: [AGAIN, 'Betreiber: Herausfinden, wer Pods dieses Namensraums löscht.'],
  },
  preempted: {
    title: causes.preempted,
    meaning:
      'Ein Warteschlangensystem des Clusters hat den Platz des Jobs einem anderen gegeben. Wo sein ganzer Job in einer Warteschlange wartet, zählt dieser Lauf nicht, und ein weiterer folgt.',
    remedies: [
      'Warten, wo ein weiterer Versuch folgt; sonst noch einmal ausführen: An der Anfrage ist nichts falsch.',
      'Betreiber: retries über 0 setzen, damit das Cluster es von selbst noch einmal versucht, oder einen höheren Vorrang.',
    ],
  },
  suspended: {
    title: causes.suspended,
    meaning:
      'Der Job wurde angehalten, während er lief, von einem Warteschlangensystem oder von Hand. Dieser Lauf zählt nicht; der nächste beginnt, wenn es weitergeht.',
    remedies: [
      'Warten.',
      'Betreiber: spec.suspend des Jobs sagt, ob er angehalten ist; ihn weiterlaufen lassen, oder seine Warteschlange ansehen.',
    ],
  },
  'non-zero-exit': {
    title: causes['non-zero-exit'],
    meaning: 'Das Programm des Jobs endete mit einem anderen Exit-Code als 0 und sagt damit, dass es gescheitert ist.',
    remedies: [
      'Das Protokoll des Jobs lesen: Seine letzten Zeilen sagen meist, warum.',
      'Die Eingaben prüfen; der Exit-Code steht in der Ursache des Jobs.',
    ],
  },
  'result-lost': {
    title: causes['result-lost'],
    meaning:
      'Der Job endete, aber sein Protokoll, in dem das Ergebnis steht, ließ sich nicht bis zum Anfang oder gar nicht lesen, ehe es fort war.',
    remedies: [
      AGAIN,
      'Betreiber: Prozesse mit viel Ausgabe ihr Ergebnis in eine Datei schreiben lassen; den Finalizer dieses Servers laufen lassen.',
    ],
  },
  'result-too-large': {
    title: causes['result-too-large'],
    meaning:
      'Das Ergebnis ist größer als das, was aufgehoben werden kann: Ohne Objektspeicher muss es in eine Annotation des Jobs passen.',
    remedies: ['Weniger Ausgabe verlangen.', 'Betreiber: Einen Objektspeicher einrichten.'],
  },
  'result-damaged': {
    title: causes['result-damaged'],
    meaning:
      'Was von einem Ergebnis eingesammelt wurde, ist nicht das, was der Job darüber sagt: Größe, Prüfsumme oder Kodierung passen nicht. Nichts davon wird herausgegeben.',
    remedies: [
      AGAIN,
      'Betreiber: Die Meldung nennt die Ausgabe, was erwartet war und was da war; wo es immer misslingt, die Marken des Images berichtigen.',
    ],
  },
  'record-disputed': {
    title: causes['record-disputed'],
    meaning:
      'Der Job ist beendet, aber was an ihm über sein Ende oder seine Ergebnisse steht, hat kein Server geschrieben, oder es gehört zu einem anderen Job. Es wird nicht gezeigt, und nichts daraus neu gemacht.',
    remedies: [
      AGAIN,
      'Betreiber: Herausfinden, wer die Annotationen geändert hat, die die Meldung nennt; das Recht nehmen, Jobs zu ändern.',
      'Betreiber: Die geänderten Annotationen und ihre Signaturen zurücksetzen, oder den Job löschen.',
    ],
  },
  'result-incomplete': {
    title: causes['result-incomplete'],
    meaning:
      'Der Job endete, während eine Datei, die er als Ergebnis hochlud, nicht ganz war; oder ein Ergebnis, das ganz war, ist im Objektspeicher jetzt kürzer.',
    remedies: [
      AGAIN,
      'Betreiber: Das Image warten lassen, bis alles hochgeladen ist, und scheitern, wenn etwas davon scheitert.',
      'Betreiber: Bei einem erfolgreichen Job das Objekt ansehen, dessen Schlüssel „detail“ des Problems nennt.',
    ],
  },
  'result-invalid': {
    title: causes['result-invalid'],
    meaning:
      'Der Job gab ein Ergebnis für eine Ausgabe, die sein Prozess nicht hat, eine Ausgabe zweimal, oder, wo sein Prozess Ergebnisse prüfen lässt, eines, das nicht zu seinem Medientyp oder Schema passt.',
    remedies: [
      'Betreiber: Die Kennungen der Ausgaben im Image und in der Definition des Prozesses in Einklang bringen.',
      'Betreiber: Mit result_validation: warn stehen Ergebnisse, die nicht passen, nur im Status.',
    ],
  },
  'result-missing': {
    title: causes['result-missing'],
    meaning: 'Der Job endete gut und gab für eine Ausgabe kein Ergebnis, obwohl sein Prozess eines verlangt.',
    remedies: [
      AGAIN,
      'Betreiber: Das Image berichtigen, oder die Ausgaben in der Definition des Prozesses; mit result_validation: warn steht es nur im Status.',
    ],
  },
  failed: {
    title: causes.failed,
    meaning: 'Der Job ist gescheitert, und das Cluster sagt nichts Genaueres dazu.',
    remedies: ['Meldung und Protokoll des Jobs lesen.', AGAIN],
  },
};
