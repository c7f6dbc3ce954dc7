import { Global, Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { PageRenderer } from '../ogc/pages.js';
import { ProcessForms } from '../processes/process-forms.js';
import { ProcessesModule } from '../processes/processes.module.js';
import { FormReader } from './form/form-reader.js';
import { HtmlController } from './html.controller.js';
import { OidcSignInController } from './oidc-sign-in.controller.js';
import { ShareController } from './share.controller.js';
import { SignInController } from './sign-in.controller.js';
import { HtmlRenderer } from './html.renderer.js';
import { ListFormsController } from './lists/list-forms.controller.js';
import { Overview } from './lists/overview.js';
import { RunAgain } from './job/run-again.js';
import { NotebookRenderer } from '../jobs/results/pages/executed-notebook.js';
import { NotebookPages } from './notebook/notebook-pages.js';

/** Pages of the resources, for people with a browser. Without this module the server speaks JSON only. */
@Global()
@Module({
  imports: [JobsModule, ProcessesModule],
  controllers: [HtmlController, ListFormsController, ShareController, SignInController, OidcSignInController],
  providers: [
    FormReader,
    Overview,
    { provide: PageRenderer, useClass: HtmlRenderer },
    { provide: NotebookRenderer, useClass: NotebookPages },
    { provide: ProcessForms, useClass: RunAgain },
  ],
  exports: [PageRenderer, NotebookRenderer, ProcessForms],
})
export class HtmlModule {}
