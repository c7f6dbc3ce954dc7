import { ApiQuery } from '@nestjs/swagger';
import { SHARE_PARAMETER } from './share.js';

/** Documents of a method that a link for others may open it. */
export const TakesShare = (): MethodDecorator =>
  ApiQuery({
    name: SHARE_PARAMETER,
    required: false,
    schema: { type: 'string' },
    description:
      'Of a link for others (`POST /jobs/{jobId}/links`), which opens this whoever asks; 404 where it is over',
  });
