import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ApiDefinition } from './api-definition.js';
import { LandingController } from './landing.controller.js';
import { Links } from './links.js';

@Global()
@Module({
  imports: [DiscoveryModule],
  controllers: [LandingController],
  providers: [Links, ApiDefinition],
  exports: [Links, ApiDefinition],
})
export class OgcModule {}
