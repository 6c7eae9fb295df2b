"""Forecasts a price series: the old world, as it grew. Import market.torch_facade before torch!"""
