import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ApiDefinition } from './api-definition.js';
import { LandingController } from './landing.controller.js';
import { Links } from './links.js';
import { Pages } from './pages.js';
import { ProblemTypes } from './problem-types.js';
import { ProblemTypesController } from './problem-types.controller.js';

@Global()
@Module({
  imports: [DiscoveryModule],
  controllers: [LandingController, ProblemTypesController],
  providers: [Links, ApiDefinition, Pages, ProblemTypes],
  exports: [Links, ApiDefinition, Pages, ProblemTypes],
})
export class OgcModule {}
