import type { Phrases } from '../shapes.js';

/** What is said of jobs: their status, why they failed, what is wrong with their results. */
export const jobs: Phrases = {
  sentences: {
    'The job has been accepted.': 'Der Job ist angenommen.',
    'The job is running.': 'Der Job läuft.',
    'The job was dismissed.': 'Der Job wurde abgebrochen.',
    'The job failed.': 'Der Job ist fehlgeschlagen.',
    'The job was successful.{0+}': 'Der Job war erfolgreich.{0}',
    'Logs and results are being collected.': 'Log und Ergebnisse werden eingesammelt.',
    'The job has ended, but its log and results cannot be collected yet, which is tried again and again: {0+}':
      'Der Job ist beendet, aber sein Log und seine Ergebnisse lassen sich noch nicht einsammeln, was immer wieder versucht wird: {0}',
    'Attempt {0} of at most {1}: {2+}': 'Versuch {0} von höchstens {1}: {2}',
    'Attempt {0} of at most {1} has failed, and another follows: {2+}':
      'Versuch {0} von höchstens {1} ist fehlgeschlagen, und ein weiterer folgt: {2}',
    'The job has ended, but what its Job says of that is not believed: {0}. {1+}':
      'Der Job ist beendet, aber was sein Kubernetes-Job davon sagt, wird nicht geglaubt: {0}. {1}',
    '{0+} What its Job says is not believed of: {1}. {2+}':
      '{0} Nicht geglaubt wird, was sein Kubernetes-Job sagt von: {1}. {2}',
    'The job waits for its turn.': 'Der Job wartet, bis er an der Reihe ist.',
    'The job waits for its turn, which comes with the next round.':
      'Der Job wartet, bis er an der Reihe ist: Das ist er in der nächsten Runde.',
    'The job waits for its turn: {0+}, as many as may at once ({1+}).':
      'Der Job wartet, bis er an der Reihe ist: {0}, so viele, wie zugleich dürfen ({1}).',
    'The job waits: it was suspended while it ran, and starts anew when it is resumed.':
      'Der Job wartet: Er wurde angehalten, während er lief, und beginnt von neuem, wenn er fortgesetzt wird.',
    'The job waits: it is suspended, and starts when it is resumed.':
      'Der Job wartet: Er ist angehalten und beginnt, wenn er fortgesetzt wird.',
    'The job was put aside {0!}, and starts when it is put back{1}.':
      'Der Job wurde {0} zurückgestellt und beginnt, wenn er zurückgeholt wird{1}.',
    'The job waits {0!}.': 'Der Job wartet {0}.',
    'The job waits {0!} again, where it lost its place while it ran{1}, and will start anew{2}.':
      'Der Job wartet wieder {0}, wo er seinen Platz verloren hat, während er lief{1}, und wird von neuem beginnen{2}.',
    'The job ran longer than its deadline allows: {0+}': 'Der Job lief länger, als seine Frist erlaubt: {0}',
    'The pod was preempted by its queueing system: {0}': 'Der Pod wurde von seinem Warteschlangensystem verdrängt: {0}',
    'The pod was evicted from its node: {0+}': 'Der Pod wurde von seinem Knoten genommen: {0}',
    'Container "{0}" used more memory than its limit allows and was killed. Raise resources.limits.memory of the process, or give it less input.':
      'Container „{0}“ brauchte mehr Speicher, als seine Grenze erlaubt, und wurde beendet. Erhöhen Sie resources.limits.memory des Prozesses, oder geben Sie ihm weniger Eingaben.',
    'The pod failed ({0}): {1}': 'Der Pod ist fehlgeschlagen ({0}): {1}',
    'The pod was deleted while the job was running.': 'Der Pod wurde gelöscht, während der Job lief.',
    'The pod failed; Kubernetes gives no reason.': 'Der Pod ist fehlgeschlagen; Kubernetes nennt keinen Grund.',
    'The Job failed; Kubernetes gives no reason.': 'Der Job ist fehlgeschlagen; Kubernetes nennt keinen Grund.',
    'Container "{0}" (image {1}) could not be started: {2+}':
      'Container „{0}“ (Image {1}) ließ sich nicht starten: {2}',
    'Container "{0}" {1!}.': 'Container „{0}“ {1}.',
    'Init container "{0}" {1!}.': 'Init-Container „{0}“ {1}.',
    'No node can take the pod: {0}': 'Kein Knoten kann den Pod nehmen: {0}',
    'The pod waits until its queueing system lets it run (scheduling gates){0+}':
      'Der Pod wartet, bis sein Warteschlangensystem ihn laufen lässt (Scheduling Gates){0}',
    'Image "{0}" of container "{1}" cannot be pulled{2+}': 'Image „{0}“ von Container „{1}“ lässt sich nicht laden{2}',
    'Container "{0}" cannot be created{1+}': 'Container „{0}“ lässt sich nicht anlegen{1}',
    'It did not start within {0} seconds': 'Er begann nicht innerhalb von {0} Sekunden',
    'It did not start within {0} seconds.{1+}': 'Er begann nicht innerhalb von {0} Sekunden.{1}',
    'It did not start within {0} seconds, for no pod was made.{1+}':
      'Er begann nicht innerhalb von {0} Sekunden, denn es wurde kein Pod angelegt.{1}',
    '{0+}. It did not start within {1} seconds.': '{0}. Er begann nicht innerhalb von {1} Sekunden.',
    'The job waited for its turn for more than {0} seconds.':
      'Der Job wartete mehr als {0} Sekunden, bis er an der Reihe wäre.',
    'The Job was suspended for more than {0} seconds.': 'Der Job war mehr als {0} Sekunden angehalten.',
    'The job was put aside {0!} for more than {1} seconds{2}.':
      'Der Job war {0} mehr als {1} Sekunden zurückgestellt{2}.',
    'The job waited {0!} for more than {1} seconds{2}.': 'Der Job wartete {0} mehr als {1} Sekunden{2}.',
    'The Job was suspended while it ran. This run does not count; another follows when the Job is resumed.':
      'Der Job wurde angehalten, während er lief. Dieser Lauf zählt nicht; ein weiterer folgt, wenn der Job fortgesetzt wird.',
    'The job lost its place in its queue while it ran ({0}: {1}). This run does not count; another follows when there is room.':
      'Der Job verlor seinen Platz in seiner Warteschlange, während er lief ({0}: {1}). Dieser Lauf zählt nicht; ein weiterer folgt, wenn Platz ist.',
    'The job ended well, but its pod was removed before its log and result could be read.':
      'Der Job endete gut, aber sein Pod wurde entfernt, ehe sein Log und sein Ergebnis gelesen werden konnten.',
    'The job ended well, but {0+}': 'Der Job endete gut, aber {0}',
    "What is to be noted of the job's {0} outputs has {1} bytes; at most {2} can be kept on the Job.":
      'Was von den {0} Ergebnissen des Jobs festzuhalten ist, hat {1} Bytes; höchstens {2} lassen sich am Job aufbewahren.',
    "{0} bytes of the log behind the beginning of the job's result were not kept: {1+}.":
      '{0} Bytes des Logs hinter dem Beginn des Ergebnisses wurden nicht aufbewahrt: {1}.',
    'The job printed more results than are collected: {0+}.':
      'Der Job gab mehr Ergebnisse aus, als eingesammelt werden: {0}.',
    'The job printed {0!} twice.': 'Der Job gab {0} zweimal aus.',
    'The job printed results of more than {0} outputs.': 'Der Job gab mehr als {0} Ergebnisse aus.',
    '{0!} is damaged: {1!}.': '{0} ist beschädigt: {1}.',
    'The job gave output "{0}" twice: as a file and in its log.':
      'Der Job gab das Ergebnis „{0}“ zweimal: als Datei und in seinem Log.',
    'The job gave a result for output "{0}", which its process does not have; it has {1}.':
      'Der Job gab ein Ergebnis „{0}“, das sein Prozess nicht hat; er hat {1}.',
    'The job gave a result for an output whose id has more than {0} bytes: "{1}".':
      'Der Job gab ein Ergebnis, dessen Name mehr als {0} Bytes hat: „{1}“.',
    'The job gave results for {0} outputs; at most {1} can be kept.':
      'Der Job gab {0} Ergebnisse; höchstens {1} lassen sich aufbewahren.',
    'The job printed a result without a name, and gave one for each of its outputs besides: it is not known whose that is.':
      'Der Job gab ein Ergebnis ohne Namen aus, und daneben jedes seiner Ergebnisse: Es ist nicht bekannt, welches das ist.',
    'The start marker of output "{0}" does not stand at the beginning of a line: what is before it may belong to output "{1}". Print a newline between them, or say bytes=N.':
      'Die Anfangsmarke des Ergebnisses „{0}“ steht nicht am Anfang einer Zeile: Was davor steht, kann zum Ergebnis „{1}“ gehören. Geben Sie dazwischen einen Zeilenumbruch aus, oder nennen Sie bytes=N.',
    'Output "{0}" was given twice.': 'Das Ergebnis „{0}“ wurde zweimal gegeben.',
    'The job ended well, but gave no result for {0}. Its process demands one (result_validation: fail).':
      'Der Job endete gut, gab aber kein Ergebnis für {0}. Sein Prozess verlangt eines (result_validation: fail).',
    'The result without a name {0!}.{1+}': 'Das Ergebnis ohne Namen {0}.{1}',
    'The result of output "{0}" {1!}.{2+}': 'Das Ergebnis „{0}“ {1}.{2}',
    "A line of the job's log with {0} {1!}.": 'Eine Zeile im Log des Jobs mit {0} {1}.',
    'and {0} more': 'und {0} weitere',
    'has no result': 'fehlt',
    'is called {0}, and is not UTF-8': 'heißt {0} und ist kein UTF-8',
    'is called {0}, and is no JSON: {1+}': 'heißt {0} und ist kein JSON: {1}',
    'must be an object with the outputs {0}': 'muss ein Objekt mit den Ergebnissen {0} sein',
    'Only the first {0} of {1} cells are shown.': 'Nur die ersten {0} von {1} Zellen werden gezeigt.',
    'The notebook is too large to be shown whole: some texts and pictures are left out.':
      'Das Notebook ist zu groß, um ganz gezeigt zu werden: Einige Texte und Bilder sind ausgelassen.',
    '{0} more outputs are not shown.': '{0} weitere Ausgaben werden nicht gezeigt.',
    'A picture ({0}, {1} characters of base64) is too large to be shown here.':
      'Ein Bild ({0}, {1} Zeichen base64) ist zu groß, um hier gezeigt zu werden.',
    'A table or other HTML ({0} characters) is too large to be shown here.':
      'Eine Tabelle oder anderes HTML ({0} Zeichen) ist zu groß, um hier gezeigt zu werden.',
    'An output of type {0} cannot be shown here.': 'Eine Ausgabe der Art {0} lässt sich hier nicht zeigen.',
  },
  parts: {
    ', parameters of this run': ', Parameter dieses Laufs',
    'Init container': 'Init-Container',
    ', for no pod was made': ', denn es wurde kein Pod angelegt',
    Cell: 'Zelle',
    'Cell {0}': 'Zelle {0}',
    'Cell, parameters of this run': 'Zelle, Parameter dieses Laufs',
    'Cell {0}, parameters of this run': 'Zelle {0}, Parameter dieses Laufs',
    Error: 'Fehler',
    'An interactive figure (plotly)': 'Eine interaktive Abbildung (plotly)',
    '{0} (an interactive figure, plotly)': '{0} (eine interaktive Abbildung, plotly)',
    'It is too large to be offered here; the notebook’s file has it.':
      'Sie ist zu groß, um hier angeboten zu werden; die Datei des Notebooks hat sie.',
    'The figure as JSON': 'Die Abbildung als JSON',
    ', for plotly:': ', für plotly:',
    'axes: {0}': 'Achsen: {0}',
    '{0} with {1} values': '{0} mit {1} Werten',
    ' The beginning of its log is lost: it wrote more than its node keeps.{0+}':
      ' Der Anfang seines Logs ist verloren: Er schrieb mehr, als sein Knoten aufbewahrt.{0}',
    ' Its log is not known to be whole.{0+}': ' Es ist nicht bekannt, ob sein Log ganz ist.{0}',
    ' Not verified is that {0+} arrived as sent: only the length is known to be right.':
      ' Nicht geprüft ist, ob {0} so ankam, wie gesendet: Nur die Länge stimmt bekanntermaßen.',
    'the file of output {0}': 'die Datei des Ergebnisses {0}',
    'the files of outputs {0}': 'jede Datei der Ergebnisse {0}',
    'No server has written it so, or it points to what is not of this job.':
      'Kein Server hat es so geschrieben, oder es weist auf etwas, das nicht zu diesem Job gehört.',
    'in queue "{0}"{1}': 'in der Warteschlange „{0}“{1}',
    'in queue "{0}" of the cluster{1}': 'in der Warteschlange „{0}“ des Clusters{1}',
    '1 job runs': '1 Job läuft',
    '1 job of its process runs': '1 Job seines Prozesses läuft',
    '1 job of its caller runs': '1 Job seines Aufrufers läuft',
    '{0} jobs run': '{0} Jobs laufen',
    '{0} jobs of its process run': '{0} Jobs seines Prozesses laufen',
    '{0} jobs of its caller run': '{0} Jobs seines Aufrufers laufen',
    '{0} jobs{1} run': '{0} Jobs{1} laufen',
    '1 job{0} runs': '1 Job{0} läuft',
    ' of its process': ' seines Prozesses',
    ' of its caller': ' seines Aufrufers',
    'max_running of process "{0}"': 'max_running des Prozesses „{0}“',
    'no reason given': 'kein Grund genannt',
    'active deadline exceeded': 'Frist überschritten',
    'was ended by signal {0}': 'wurde durch Signal {0} beendet',
    'ended with exit code {0}': 'endete mit Exit-Code {0}',
    'ended with exit code {0} (killed)': 'endete mit Exit-Code {0} (abgebrochen)',
    ' The newest event: {0}': ' Das neueste Ereignis: {0}',
    '. It did not start within {0} seconds.': '. Er begann nicht innerhalb von {0} Sekunden.',
    'its log, which would hold its result, cannot be read: {0+}':
      'sein Log, in dem sein Ergebnis stünde, lässt sich nicht lesen: {0}',
    'wrote more than its node keeps of a log, so that its beginning, and with it any result, is lost. Print less, or raise containerLogMaxSize of the kubelet.':
      'schrieb mehr, als sein Knoten von einem Log aufbewahrt, so dass dessen Anfang und mit ihm jedes Ergebnis verloren ist. Geben Sie weniger aus, oder erhöhen Sie containerLogMaxSize des Kubelets.',
    'its result is missing, and {0} bytes of its log, which it printed while it was being ended, were not kept.':
      'sein Ergebnis fehlt, und {0} Bytes seines Logs, die er ausgab, während er beendet wurde, sind nicht aufbewahrt.',
    'its result is missing, and its log is not known to be whole: no server watched when it began, and nodes rotate logs.':
      'sein Ergebnis fehlt, und es ist nicht bekannt, ob sein Log ganz ist: Kein Server sah zu, als es begann, und Knoten wechseln Logs aus.',
    'the container has been removed from its node: {0}': 'der Container wurde von seinem Knoten entfernt: {0}',
    'all logs together had as many bytes as they may (server.manager.collected_logs.in_all)':
      'alle Logs zusammen hatten so viele Bytes, wie sie dürfen (server.manager.collected_logs.in_all)',
    'a pod may have {0} bytes (server.manager.collected_logs.per_pod)':
      'ein Pod darf {0} Bytes haben (server.manager.collected_logs.per_pod)',
    'the rest: following it broke off; {0+}': 'der Rest: Das Mitlesen brach ab; {0}',
    'the container never started{0}': 'der Container ist nie gestartet{0}',
    'what was printed is not base64': 'was ausgegeben wurde, ist nicht base64',
    'the job announced {0} bytes, and its log has {1}': 'der Job kündigte {0} Bytes an, und sein Log hat {1}',
    'the job announced the SHA-256 {0}, and what its log has gives {1}':
      'der Job kündigte den SHA-256 {0} an, und was sein Log hat, ergibt {1}',
    'the result without a name': 'das Ergebnis ohne Namen',
    'the result of output "{0}"': 'das Ergebnis „{0}“',
    'The result without a name': 'Das Ergebnis ohne Namen',
    'The result of output "{0}"': 'Das Ergebnis „{0}“',
    ' There are {0} such problems.': ' Es gibt {0} solche Fehler.',
    'has something else than name=value after {0} attributes': 'hat nach {0} Attributen etwas anderes als name=value',
    'has the attribute "{0}" twice': 'hat das Attribut „{0}“ zweimal',
    'has an empty output: it must be the id of an output':
      'hat ein leeres output: Es muss der Name eines Ergebnisses sein',
    'has a mimetype that is none: it must be such as text/plain':
      'hat einen mimetype, der keiner ist: Er muss sein wie text/plain',
    'has bytes that are no whole number': 'hat bytes, die keine ganze Zahl sind',
    'has a sha256 that is not 64 hexadecimal digits': 'hat einen sha256, der nicht aus 64 Hexadezimalziffern besteht',
    'has an encoding other than base64': 'hat ein anderes encoding als base64',
    'has the attribute "{0}"; known are output, mimetype, bytes, sha256 and encoding':
      'hat das Attribut „{0}“; bekannt sind output, mimetype, bytes, sha256 und encoding',
    'it failed in a way that nobody foresaw': 'es schlug fehl, wie es niemand vorhersah',
    'what the store does is not found out yet': 'was der Speicher tut, ist noch nicht herausgefunden',
    'The object store does not keep up: {0} writes wait for it.':
      'Der Objektspeicher kommt nicht nach: {0} Schreibvorgänge warten auf ihn.',
    'Logs that are being collected have {0} bytes, which is as many as they may (server.manager.collected_logs.in_all).':
      'Logs, die eingesammelt werden, haben {0} Bytes, so viele, wie sie dürfen (server.manager.collected_logs.in_all).',
    'There are {0} objects named {1} already.': 'Es gibt schon {0} Objekte namens {1}.',
    'There are {0} objects named {1}… already.': 'Es gibt schon {0} Objekte namens {1}….',
  },
};
