import type { ShareLinkDto } from '../../jobs/sharing/share-links.dto.js';
import { Anchor, Time } from '../components.js';
import type { PageMaker } from '../page.js';

/** A link for others, made a moment ago. */
export interface ShareLinkResource extends ShareLinkDto {
  readonly jobID: string;
}

export const shareLinkPage: PageMaker<ShareLinkResource> = ({ jobID, href, expires, for: what }, { base, t }) => ({
  title: t('job.share.title'),
  content: (
    <>
      <h1>{t('job.share.title')}</h1>
      <p>{t(`job.share.made-${what}`)}</p>
      <div class="field">
        <label for="share.link">{t('job.share.link')}</label>
        <input id="share.link" type="text" value={href} readonly />
      </div>
      <p>
        {t('job.share.until')} <Time at={expires} />
      </p>
      <p>{t('job.share.ends')}</p>
      <p>
        <Anchor href={`${base}/jobs/${jobID}`}>{t('job.share.back')}</Anchor>
      </p>
    </>
  ),
});
